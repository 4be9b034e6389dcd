// Imported before any schema is made: zod would otherwise try whether it may compile code, which the policy of the window
// refuses and reports. The window itself has no schemas; the scripted engine has.

import { config } from 'zod'

config({ jitless: true })
