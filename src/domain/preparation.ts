// What was done to the database before a process opened it: the store does it, each face says it.

export type Preparation =
  | { kind: 'created'; path: string }
  /** A creation that was interrupted is finished. */
  | { kind: 'completed'; path: string }
