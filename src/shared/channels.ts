// The two channels between a window and the messenger. There is no third.

/** (name, input) → Answer */
export const INVOKE_CHANNEL = 'sotto:invoke'
/** ChangeSet */
export const CHANGE_CHANNEL = 'sotto:change'
