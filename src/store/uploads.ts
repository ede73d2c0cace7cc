// Files that people uploaded: what is known of them; the bytes lie beside the database.
import { AppError } from '../domain/errors.ts'
import { findIdIn } from '../domain/ids.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { findSetting, setSetting } from './settings.ts'

export interface UploadRow {
  id: number
  userId: number
  fileName: string
  path: string
  bytes: number
  createdAt: number
}

const columns = `id, user_id AS userId, file_name AS fileName, path, bytes, created_at AS createdAt`

/** An id is never used again: a page that was left open must not import another file than the one it showed. */
export async function insertUpload(tx: WriteTx, upload: Omit<UploadRow, 'id'>): Promise<number> {
  const highest = await tx.get<{ id: number | null }>('SELECT max(id) AS id FROM uploads', [])
  const id = Math.max((await findSetting(tx, 'lastUpload')) ?? 0, highest?.id ?? 0) + 1
  await setSetting(tx, 'lastUpload', id)
  return tx.insert(`INSERT INTO uploads (id, user_id, file_name, path, bytes, created_at) VALUES (?, ?, ?, ?, ?, ?)`, [
    id,
    upload.userId,
    upload.fileName,
    upload.path,
    upload.bytes,
    upload.createdAt,
  ])
}

/** Of this user: an upload of another user is not there. */
export async function getUpload(tx: ReadTx, id: string, userId: number): Promise<UploadRow> {
  const number = findIdIn('upload', id)
  const row =
    number === undefined
      ? undefined
      : await tx.get<UploadRow>(`SELECT ${columns} FROM uploads WHERE id = ? AND user_id = ?`, [number, userId])
  if (row !== undefined) return row
  throw new AppError('upload.not_found', `there is no upload "${id.slice(0, 40)}"`, {
    hint: 'Uploads are kept for a day: upload the file again.',
  })
}

/** Of one user, newest first. */
export function listUploads(tx: ReadTx, userId: number): Promise<UploadRow[]> {
  return tx.all<UploadRow>(`SELECT ${columns} FROM uploads WHERE user_id = ? ORDER BY id DESC`, [userId])
}

export function listAllUploads(tx: ReadTx): Promise<UploadRow[]> {
  return tx.all<UploadRow>(`SELECT ${columns} FROM uploads ORDER BY id`)
}

export async function listUploadPaths(tx: ReadTx): Promise<string[]> {
  return (await tx.all<{ path: string }>(`SELECT path FROM uploads`)).map(({ path }) => path)
}

export function listUploadsBefore(tx: ReadTx, before: number): Promise<UploadRow[]> {
  return tx.all<UploadRow>(`SELECT ${columns} FROM uploads WHERE created_at < ? LIMIT 100`, [before])
}

export async function deleteUploadRow(tx: WriteTx, id: number): Promise<void> {
  await tx.run(`DELETE FROM uploads WHERE id = ?`, [id])
}
