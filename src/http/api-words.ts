// What to do about a refusal, for programs that speak to the API: they have operations and fields, no command line.
import type { ErrorCode } from '../domain/errors.ts'
import { inSentences, withoutCommands } from '../domain/sentence.ts'

/** Beside what a hint says without commands. */
const hints: Partial<Record<ErrorCode, string>> = {
  'auth.required': 'Send Authorization: Bearer <key>; an administrator makes one with POST /keys.',
  'csv.header_missing': 'Add a header line, or import with `header` false and a `mapping` of column_1, column_2 …',
  'csv.phone_column_missing': 'Name it in `mapping`: {"COLUMN": "phone"}.',
  'csv.phone_column_ambiguous': 'Choose one in `mapping`: {"COLUMN": "phone"}.',
  'csv.bad_column_name': 'Rename it, or name it in `mapping`: {"COLUMN": "field"}, or "-" to leave it out.',
  'csv.duplicate_column': 'Give one of them another field in `mapping`, or "-" to leave it out.',
  'csv.unknown_column': 'GET /uploads/{upload} lists the columns of the file.',
  'csv.encoding': 'Name its encoding in `encoding`, or send it as UTF-8.',
  'csv.encoding_doubt': 'Name the encoding in which the samples are right in `encoding`, or send the file as UTF-8.',
  'csv.too_many_rejects': 'Correct the rejected lines, or import the good ones with `force`.',
  'import.removes_too_many': 'Check the file and the list. If it is right, import it with `force`.',
  'import.not_found': 'GET /imports lists them.',
  'list.busy': 'Wait until it is done: GET /imports.',
  'reply.not_found': 'GET /replies lists them.',
  'run.not_found': 'GET /campaigns/{campaign}/runs lists them.',
  'suppression.not_found': 'GET /suppressions lists them.',
  'message.not_found': 'GET /unknown lists those without an answer.',
  'campaign.name_taken': 'Choose another name, or clone that one: POST /campaigns/{campaign}/clone.',
  'campaign.needs_acknowledgement': 'Read why it was paused, deal with it, then resume it with `acknowledge`.',
  'campaign.audience_empty': 'To launch it anyway, send `evenIfNobody`.',
  'campaign.reaches_nobody': 'To launch it anyway, send `evenIfNobody`.',
  'campaign.invalid': 'GET /openapi.json describes a campaign whole.',
  'sender.invalid': 'GET /openapi.json describes a sender whole.',
  'schedule.in_the_past': 'To start it now, send `sendNow`.',
}

/** Only a person at the machine can do something about these. */
const atTheMachine: readonly ErrorCode[] = ['db.held']

/** What to do, in words of the API; undefined where only the command line would know. */
export function hintOf({ code, hint }: { code: ErrorCode; hint?: string | undefined }): string | undefined {
  const kept = withoutCommands(hint)
  if (kept === hint || atTheMachine.includes(code)) return hint
  return inSentences(kept, hints[code]) || undefined
}
