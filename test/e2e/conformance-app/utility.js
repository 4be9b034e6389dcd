// The utility process: answers with what it was sent, and with what it is.

process.parentPort.on('message', ({ data }) => {
  process.parentPort.postMessage({ data, type: process.type, argument: process.argv.at(-1) })
})
