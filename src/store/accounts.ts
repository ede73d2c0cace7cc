// Users, their sessions and keys, the brake on guessed passwords. Random secrets are stored as SHA-256 only: nothing in
// this table opens a door.
import type { Right, Role } from '../domain/access.ts'
import type { Brake } from '../domain/guess-brake.ts'
import { findNamed } from '../domain/name.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'

export interface UserRow {
  id: number
  name: string
  role: Role
  status: 'active' | 'disabled'
  passwordHash: string
  createdAt: number
  lastLoginAt: number | null
  /** In which pages show times; null for the one of the browser. */
  timeZone: string | null
}

const userColumns = `id, name, role, status, password_hash AS passwordHash, created_at AS createdAt,
  last_login_at AS lastLoginAt, time_zone AS timeZone`

export function countUsers(tx: ReadTx): Promise<number> {
  return tx.get<{ n: number }>('SELECT count(*) AS n FROM users').then((row) => row?.n ?? 0)
}

export function listUsers(tx: ReadTx): Promise<UserRow[]> {
  return tx.all<UserRow>(`SELECT ${userColumns} FROM users ORDER BY name`)
}

/** By id, or by the name in any spelling. */
export async function findUser(tx: ReadTx, who: number | string): Promise<UserRow | undefined> {
  return typeof who === 'number'
    ? tx.get<UserRow>(`SELECT ${userColumns} FROM users WHERE id = ?`, [who])
    : findNamed(await tx.all<UserRow>(`SELECT ${userColumns} FROM users ORDER BY id`), who)
}

/** Active administrators: one must remain. */
export async function countAdmins(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ n: number }>(`SELECT count(*) AS n FROM users WHERE role = 'admin' AND status = 'active'`)
  return row?.n ?? 0
}

export function insertUser(
  tx: WriteTx,
  user: Omit<UserRow, 'id' | 'lastLoginAt' | 'status' | 'timeZone'>,
): Promise<number> {
  return tx.insert(`INSERT INTO users (name, role, status, password_hash, created_at) VALUES (?, ?, 'active', ?, ?)`, [
    user.name,
    user.role,
    user.passwordHash,
    user.createdAt,
  ])
}

export async function updateUser(
  tx: WriteTx,
  id: number,
  change: Partial<Pick<UserRow, 'role' | 'status' | 'passwordHash' | 'lastLoginAt'>>,
): Promise<void> {
  await tx.run(
    `UPDATE users SET role = coalesce(?, role), status = coalesce(?, status),
       password_hash = coalesce(?, password_hash), last_login_at = coalesce(?, last_login_at) WHERE id = ?`,
    [change.role ?? null, change.status ?? null, change.passwordHash ?? null, change.lastLoginAt ?? null, id],
  )
}

/** Null for the zone of the browser. */
export async function setUserTimeZone(tx: WriteTx, id: number, timeZone: string | null): Promise<void> {
  await tx.run('UPDATE users SET time_zone = ? WHERE id = ?', [timeZone, id])
}

export interface SessionRow {
  userId: number
  createdAt: number
  lastSeenAt: number
}

export async function insertSession(
  tx: WriteTx,
  session: { idSha256: string; userId: number; createdAt: number },
): Promise<void> {
  await tx.run(`INSERT INTO sessions (id_sha256, user_id, created_at, last_seen_at) VALUES (?, ?, ?, ?)`, [
    session.idSha256,
    session.userId,
    session.createdAt,
    session.createdAt,
  ])
}

export function findSession(tx: ReadTx, idSha256: string): Promise<SessionRow | undefined> {
  return tx.get<SessionRow>(
    `SELECT user_id AS userId, created_at AS createdAt, last_seen_at AS lastSeenAt FROM sessions WHERE id_sha256 = ?`,
    [idSha256],
  )
}

export async function touchSession(tx: WriteTx, idSha256: string, now: Present): Promise<void> {
  await tx.run(`UPDATE sessions SET last_seen_at = ? WHERE id_sha256 = ?`, [now, idSha256])
}

export async function deleteSession(tx: WriteTx, idSha256: string): Promise<void> {
  await tx.run(`DELETE FROM sessions WHERE id_sha256 = ?`, [idSha256])
}

/** Sessions that nobody can use any more. */
export async function deleteOldSessions(tx: WriteTx, before: { createdAt: number; lastSeenAt: number }): Promise<void> {
  await tx.run(`DELETE FROM sessions WHERE created_at < ? OR last_seen_at < ?`, [before.createdAt, before.lastSeenAt])
}

/** Every session and key of a user but the session that asks. */
export async function endAccess(tx: WriteTx, userId: number, now: Present, exceptSession = ''): Promise<void> {
  await tx.run(`DELETE FROM sessions WHERE user_id = ? AND id_sha256 <> ?`, [userId, exceptSession])
  await tx.run(`UPDATE api_keys SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, [now, userId])
  await tx.run(`DELETE FROM known_devices WHERE user_id = ?`, [userId])
}

export interface KeyRow {
  id: number
  userId: number
  name: string
  prefix: string
  rights: Right[]
  createdAt: number
  expiresAt: number | null
  lastUsedAt: number | null
  revokedAt: number | null
}

const keyColumns = `id, user_id AS userId, name, prefix, rights, created_at AS createdAt, expires_at AS expiresAt,
  last_used_at AS lastUsedAt, revoked_at AS revokedAt`
type StoredKey = Omit<KeyRow, 'rights'> & { rights: string }

function keyOf(row: StoredKey): KeyRow {
  return { ...row, rights: row.rights.split(',') as Right[] }
}

export function insertKey(
  tx: WriteTx,
  key: Pick<KeyRow, 'userId' | 'name' | 'prefix' | 'rights' | 'createdAt' | 'expiresAt'> & { sha256: string },
): Promise<number> {
  return tx.insert(
    `INSERT INTO api_keys (user_id, name, prefix, key_sha256, rights, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [key.userId, key.name, key.prefix, key.sha256, key.rights.join(','), key.createdAt, key.expiresAt],
  )
}

export async function findKeyByHash(tx: ReadTx, sha256: string): Promise<KeyRow | undefined> {
  const row = await tx.get<StoredKey>(`SELECT ${keyColumns} FROM api_keys WHERE key_sha256 = ?`, [sha256])
  return row && keyOf(row)
}

export async function findKey(tx: ReadTx, id: number): Promise<KeyRow | undefined> {
  const row = await tx.get<StoredKey>(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`, [id])
  return row && keyOf(row)
}

export async function listKeys(tx: ReadTx): Promise<KeyRow[]> {
  return (await tx.all<StoredKey>(`SELECT ${keyColumns} FROM api_keys ORDER BY id DESC`)).map(keyOf)
}

/** A page of them below an id, with the names of their users. */
export async function listKeyPage(
  tx: ReadTx,
  beforeId: number,
  limit: number,
): Promise<(KeyRow & { userName: string })[]> {
  const rows = await tx.all<StoredKey & { userName: string }>(
    `SELECT k.*, u.name AS userName FROM (SELECT ${keyColumns} FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?) k
     JOIN users u ON u.id = k.userId ORDER BY k.id DESC`,
    [beforeId, limit],
  )
  return rows.map((row) => ({ ...keyOf(row), userName: row.userName }))
}

export async function touchKey(tx: WriteTx, id: number, now: Present): Promise<void> {
  await tx.run(`UPDATE api_keys SET last_used_at = ? WHERE id = ?`, [now, id])
}

export async function revokeKey(tx: WriteTx, id: number, now: Present): Promise<void> {
  await tx.run(`UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`, [now, id])
}

export async function isKnownDevice(tx: ReadTx, sha256: string, userId: number): Promise<boolean> {
  const row = await tx.get(`SELECT 1 FROM known_devices WHERE token_sha256 = ? AND user_id = ?`, [sha256, userId])
  return row !== undefined
}

export async function rememberDevice(tx: WriteTx, sha256: string, userId: number, now: Present): Promise<void> {
  await tx.run(
    `INSERT INTO known_devices (token_sha256, user_id, seen_at) VALUES (?, ?, ?)
     ON CONFLICT (token_sha256, user_id) DO UPDATE SET seen_at = excluded.seen_at`,
    [sha256, userId, now],
  )
}

/** Brakes kept: guesses under ever new names would fill the disk. */
const BRAKES_MAX = 100_000

/** By subject; one that was never counted is absent. */
export async function findBrakes(tx: ReadTx, subjects: readonly string[]): Promise<Map<string, Brake>> {
  const found = new Map<string, Brake>()
  for (const subject of subjects) {
    const brake = await tx.get<Brake>(
      `SELECT failures, last_failure_at AS lastFailureAt FROM login_brakes WHERE subject = ?`,
      [subject],
    )
    if (brake !== undefined) found.set(subject, brake)
  }
  return found
}

export async function setBrake(tx: WriteTx, subject: string, { failures, lastFailureAt }: Brake): Promise<void> {
  await tx.run(
    `INSERT INTO login_brakes (subject, failures, last_failure_at) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last_failure_at = excluded.last_failure_at`,
    [subject, failures, lastFailureAt],
  )
}

export async function clearBrake(tx: WriteTx, subject: string): Promise<void> {
  await tx.run(`DELETE FROM login_brakes WHERE subject = ?`, [subject])
}

/** Those that say nothing any more, and the oldest of too many. */
export async function deleteOldBrakes(tx: WriteTx, before: number): Promise<void> {
  await tx.run(`DELETE FROM login_brakes WHERE last_failure_at < ?`, [before])
  await tx.run(
    `DELETE FROM login_brakes WHERE last_failure_at <
       (SELECT last_failure_at FROM login_brakes ORDER BY last_failure_at DESC LIMIT 1 OFFSET ?)`,
    [BRAKES_MAX],
  )
}
