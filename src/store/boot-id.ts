// The life of the machine: what a process noted by its clocks or left unsynced means something only as long as that lasts.
import { readFileSync } from 'node:fs'

let known: string | undefined

/** Linux names each boot. Elsewhere the name differs for each process, so that no process trusts what another one noted. */
export function bootId(): string {
  known ??= read()
  return known
}

function read(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `unknown ${process.pid} ${performance.timeOrigin}`
  }
}
