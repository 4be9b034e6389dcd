// Run as a process of its own: writes a backup, and kills itself at the point it was told.

import { openDatabase, write } from './backup-database.ts'

const [file = '', place = '', point = '', count = '1'] = process.argv.slice(2)
let left = Number(count)
const sql = openDatabase(file)
const written = await write(sql, place, {
  crash: (reached) => {
    if (reached !== point) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(JSON.stringify(written))
sql.close()
