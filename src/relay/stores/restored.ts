// A database that was put back from a backup: what must never happen twice may have happened since the backup was made.
// Its one-time prekeys may have been handed out [S3], its invitations used [P17], its rendezvous joined [S15]: these go.
// Positions may have been taken [S5] [S12]: those behind them are skipped, or whoever has read further would pass over
// what comes next. Devices bring new prekeys by themselves when they connect.

/** More than a mailbox or a stream takes between a backup and its being put back. */
export const POSITIONS_SKIPPED = 100_000_000
