// The first thing Node runs: CommonJS, because the `-r` modules that follow need a CommonJS parent.
'use strict'

require('./start.ts').start(process.argv.slice(2))
