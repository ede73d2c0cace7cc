// What was done to the database before a process opened it: the store does it, each face says it.

export type Preparation =
  /** Other users of the machine could look into the folder of the database; modes are octal. */
  | { kind: 'folder_closed'; path: string; from: string; to: string }
  | { kind: 'created'; path: string }
  /** A creation that was interrupted is finished. */
  | { kind: 'completed'; path: string }
  /** `copy` is the database as it was, null when it had no data; `removed` are older copies of that kind. */
  | { kind: 'migrated'; path: string; from: number; to: number; copy: string | null; removed: string[] }
