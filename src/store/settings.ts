// Choices of the operator and facts about this installation, by name.
import type { PastEpoch } from '../domain/ids.ts'
import type { Hold, Incarnation } from '../domain/incarnation.ts'
import type { ReadTx, WriteTx } from './database.ts'

export interface Settings {
  /** Random at creation; part of every reference given to a provider. */
  installation: string
  /** Rises at every unlock of a held database and at every restore. */
  epoch: number
  /** Epochs that are over, oldest first. */
  pastEpochs: PastEpoch[]
  /** Which life of the database this file is (store/incarnation.ts). */
  incarnation: Incarnation
  /** Set while the file is not the one used last: nothing is sent. */
  hold: Hold
  appVersion: string
  /** Quiet hours and caps of the installation (domain/limits.ts). */
  limits: unknown
  /** The zone in which new schedules of the pages begin; none for the one of the configuration. */
  teamTimeZone: string
  /** Own opt-out words and what START does (domain/reply.ts). */
  replyRules: unknown
  /** The last ended run whose messages said something to each person that is forgotten (engine/service/retention.ts). */
  forgottenThrough: { finishedAt: number; id: number }
  /** The number of the last upload: a number is given once, also when its upload is gone. */
  lastUpload: number
  /** Only in a copy: when it was made, and the installation that it is a copy of (store/backup.ts). */
  copied_at: string
  copy_of: string
  /** Only while an installation is moved into this database (store/move.ts): which, and the tables that are whole. */
  moving: { installation: string; done: string[] }
  /** The link by which the first administrator comes in; null once it was used. */
  setup: { tokenSha256: string; until: number } | null
}

export async function findSetting<K extends keyof Settings>(tx: ReadTx, key: K): Promise<Settings[K] | undefined> {
  const row = await tx.get<{ value: string }>('SELECT value FROM settings WHERE key = ?', [key])
  return row === undefined ? undefined : (JSON.parse(row.value) as Settings[K])
}

/** The stored text: cheaper to compare than to parse. */
export async function findSettingText(tx: ReadTx, key: keyof Settings): Promise<string> {
  return (await tx.get<{ value: string }>('SELECT value FROM settings WHERE key = ?', [key]))?.value ?? ''
}

export async function removeSetting(tx: WriteTx, key: keyof Settings): Promise<void> {
  await tx.run('DELETE FROM settings WHERE key = ?', [key])
}

export async function setSetting<K extends keyof Settings>(tx: WriteTx, key: K, value: Settings[K]): Promise<void> {
  await tx.run(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    [key, JSON.stringify(value)],
  )
}
