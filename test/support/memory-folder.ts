// The folder of test databases: in memory where it has room, because thousands of them would wait for the disk.
import { statfsSync } from 'node:fs'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 ** 30

/** Undefined where there is none, or too little of it. */
export function memoryFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY : undefined
  } catch {
    return undefined
  }
}
