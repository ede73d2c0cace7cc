// Which statuses are an end of ours: nothing in the program moves a message out of them by itself.
import { type MessageStatus, openStatuses } from '../../src/domain/message-status.ts'

export function isFinal(status: string): boolean {
  return !(openStatuses as readonly string[]).includes(status as MessageStatus)
}
