// How a PostgreSQL server is reached: TLS as libpq has it, and what is said when the way there is barred.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, DatabaseError } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOf } from '../../src/store/postgres-address.ts'
import { postgresError } from '../../src/store/postgres-errors.ts'
import { preparePostgres, refuseOldServer } from '../../src/store/postgres-migrate.ts'
import { hasServer, ownByServer, startServer } from '../support/postgres-programs.ts'
import { freshServerDatabase } from '../support/postgres-server.ts'

const at = 'postgres://herald@db.example/herald'
const reach = (url: string) => preparePostgres(url, 'it', { appVersion: '0.0.0-test', mayCreate: true })

describe('the address of a server', () => {
  it('is refused when its sslmode leaves it to chance whether anything is protected', () => {
    for (const mode of ['prefer', 'allow', 'no-verify', 'on'])
      expect(() => addressOf(`${at}?sslmode=${mode}`)).toThrow(
        expect.objectContaining({ code: 'db.unsupported', hint: expect.stringContaining('verify-full') }),
      )
  })

  it('is refused when a certificate that it names cannot be read, or is missing', () => {
    expect(() => addressOf(`${at}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem`)).toThrow('/nowhere/ca.pem')
    expect(() => addressOf(`${at}?sslmode=verify-ca`)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('sslrootcert=FILE') }),
    )
  })

  it('is refused when it cannot be read, without repeating the password', () => {
    const refused = () => addressOf('postgres://herald:geheim@host:port/herald')
    expect(refused).toThrow(expect.objectContaining({ code: 'db.unsupported', hint: expect.stringContaining('%40') }))
    expect(refused).not.toThrow(/geheim/)
  })
})

it('names the version that is too old', () => {
  expect(() => refuseOldServer(120_017)).toThrow('PostgreSQL 12; Herald needs 13 or newer')
  expect(() => refuseOldServer(130_000)).not.toThrow()
})

describe.skipIf(!hasServer)('on a server with TLS that wants a password', () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-tls-'))
  const certificate = join(folder, 'server.crt')
  let base: URL

  beforeAll(async () => {
    const key = join(folder, 'server.key')
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const argv = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate]
    execFileSync('openssl', [...argv, ...subject], { stdio: 'ignore' })
    const hba = join(folder, 'pg_hba.conf')
    writeFileSync(hba, 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n')
    chmodSync(folder, 0o755)
    chmodSync(key, 0o600)
    ownByServer(key)
    const port = await freePort()
    const { url } = await startServer({
      port,
      listen_addresses: '127.0.0.1',
      hba_file: hba,
      ssl: 'on',
      ssl_cert_file: certificate,
      ssl_key_file: key,
    })
    const client = new Client({ connectionString: url.href })
    await client.connect()
    await client.query(`CREATE ROLE app LOGIN PASSWORD 'orange kettle'`)
    await client.query('CREATE DATABASE app OWNER app')
    await client.end()
    base = new URL(`postgres://app:orange%20kettle@localhost:${port}/app`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const url = (search: string, change: { host?: string; password?: string; database?: string } = {}) => {
    const changed = new URL(base)
    changed.search = search
    if (change.host !== undefined) changed.hostname = change.host
    if (change.password !== undefined) changed.password = change.password
    if (change.database !== undefined) changed.pathname = change.database
    return changed.href
  }

  it.each([['require'], ['verify-ca'], ['verify-full']])('connects with sslmode=%s', async (mode) => {
    const root = mode === 'require' ? '' : `&sslrootcert=${certificate}`
    await expect(reach(url(`sslmode=${mode}${root}`))).resolves.toBeUndefined()
  })

  it('takes a name that is not in the certificate with verify-ca only', async () => {
    const root = `sslrootcert=${certificate}`
    const other = { host: '127.0.0.1' }
    await expect(reach(url(`sslmode=verify-ca&${root}`, other))).resolves.toBeUndefined()
    await expect(reach(url(`sslmode=verify-full&${root}`, other))).rejects.toMatchObject({
      code: 'db.io',
      message: expect.stringContaining('another host'),
    })
  })

  it.each([
    ['a certificate that nobody vouches for', 'sslmode=verify-full', {}, /cannot be trusted/, /sslrootcert=FILE/],
    ['a connection in the clear', '', {}, /refuses the login/, /wants TLS/],
    ['a wrong password', 'sslmode=require', { password: 'wrong' }, /refuses the login/, /user and password/],
    ['no password', 'sslmode=require', { password: '' }, /refuses the login/, /user and password/],
  ])('says of %s what to do', async (_what, search, change, message, hint) => {
    await expect(reach(url(search, change))).rejects.toMatchObject({
      code: 'db.io',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  it('says that a database is missing, and how to create it', async () => {
    await expect(reach(url('sslmode=require', { database: 'nowhere' }))).rejects.toMatchObject({
      code: 'db.missing',
      hint: expect.stringContaining('createdb'),
    })
  })
})

describe.skipIf(!hasServer)('on a server', () => {
  it('an index of rows with ids ends with the id, as in SQLite: pages of rows that are alike are read from it', async () => {
    const client = new Client({ connectionString: await freshServerDatabase() })
    await client.connect()
    const { rows } = await client.query(
      `SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE schemaname = 'public' AND indexdef NOT LIKE '%UNIQUE%'
         AND EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = tablename AND column_name = 'id' AND is_identity = 'YES')`,
    )
    await client.end()
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter(({ text }) => !/\bid\b[^)]*\)/.test(text))).toEqual([])
  })
})

it('says of a user who may not make tables, and of a full server, what to do', () => {
  const said = (code: string) => {
    const error = Object.assign(new DatabaseError('no', 0, 'error'), { code })
    return postgresError(error)
  }
  expect(said('42501')).toMatchObject({ code: 'db.io', hint: expect.stringContaining('OWNER') })
  expect(said('53300')).toMatchObject({ code: 'db.io', hint: expect.stringContaining('max_connections') })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
