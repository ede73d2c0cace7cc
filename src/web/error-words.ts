// What to do about a refusal, for readers of a page, who have no terminal.
import type { AppError, ErrorCode } from '../domain/errors.ts'
import { ended, inSentences, withoutCommands } from '../domain/sentence.ts'

/** Where the hint of an error speaks of commands, or of less than the page can do. */
const hints: Partial<Record<ErrorCode, string>> = {
  'csv.header_missing': 'Say under "Read the file differently" that it has no header line.',
  'csv.phone_column_missing': 'Choose the column that holds the phone.',
  'csv.phone_column_ambiguous': 'Choose one column for the phone; the other becomes a field or is left out.',
  'csv.bad_column_name': 'Give the field another name, or leave the column out.',
  'csv.duplicate_column': 'Rename one of the two in the file, then upload it again.',
  'csv.unknown_column': 'Upload the file again: its columns are others than before.',
  'csv.encoding': 'Name its encoding under "Read the file differently", or save it as CSV UTF-8.',
  'csv.encoding_doubt': 'Choose the encoding in which the names are right, or save the file as CSV UTF-8.',
  'csv.too_many_rejects': 'Correct the rejected lines and upload them again, or import the good lines all the same.',
  'import.removes_too_many': 'Check the file and the list. If it is right, try again and confirm it.',
  'list.busy': 'Wait until the import into it is done; see the imports.',
  'list.not_found': 'See the lists.',
  'import.not_found': 'See the imports that were made.',
  'suppression.not_found': 'See the suppressions.',
  'contact.not_found': 'Search for a part of the number or for the name instead.',
  'phone.missing': 'Enter a number.',
  'phone.no_country': 'Start with + and the country code, as in +49 1512 3456789.',
  'campaign.name_taken': 'Choose another name, or open that one and clone it.',
  'campaign.not_found': 'See the campaigns.',
  'campaign.needs_acknowledgement': 'Read why it was paused, deal with it, then confirm and resume.',
  'db.held': 'A person with access to the machine has to decide: see the top of this page.',
  'campaign.cancelled': 'See its report.',
  'campaign.finished': 'See its report.',
  'campaign.archived': 'See its report.',
  'run.not_found': 'See the report.',
  'sender.not_found': 'See the senders.',
  'message.not_found': 'See the unconfirmed messages.',
  'schedule.in_the_past': 'Choose a later time, or send it now.',
  'campaign.changed': 'Look at what it is now, then launch it again.',
  'version.changed': 'Open it in a second window to see what it is now, or save once more to replace it.',
}

/** What to do, in words of the pages; undefined where only the command line would know. */
export function hintOf({ code, hint }: { code: string; hint?: string | undefined }): string | undefined {
  return hints[code as ErrorCode] ?? withoutCommands(hint)
}

/** What is wrong and what to do, as sentences. */
export function sentencesOf(error: AppError): string {
  const hint = hintOf(error)
  return hint === undefined ? error.message : inSentences(error.message, hint)
}

/** A message that stands alone, with one full stop at its end. */
export function sentence(text: string): string {
  const [first = '', ...rest] = text
  return ended(`${first.toUpperCase()}${rest.join('')}`)
}
