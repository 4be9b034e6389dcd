// Imported before any schema is made: zod would otherwise try whether it may compile code, which our content security
// policy refuses and reports.

import { config } from 'zod'

config({ jitless: true })
