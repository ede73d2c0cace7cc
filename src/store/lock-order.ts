// The one order in which a transaction locks rows: two transactions that take the same rows in two orders would wait for each
// other. Tests watch it (test/support/lock-order.ts).

/**
 * Kinds of rows in the order in which a transaction takes them; those of one kind by rising ids. A claim begins with its
 * sender and goes on to people; campaign and run come last, because what becomes of a person may end them.
 */
export const lockOrder = ['sender', 'list', 'import', 'contact', 'campaign', 'run'] as const
export type LockedKind = (typeof lockOrder)[number]
