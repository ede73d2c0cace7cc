// What a URL of a PostgreSQL server asks for, as libpq reads it: TLS by sslmode, with sslrootcert, sslcert and sslkey. The driver
// reads some modes otherwise, and warns of it on standard error.
import { accessSync, constants } from 'node:fs'
import { AppError } from '../domain/errors.ts'

/** Those that leave it to chance whether anything is protected (allow, prefer) are not taken. */
const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
const sslFiles = ['sslrootcert', 'sslcert', 'sslkey'] as const

/** The same URL for the driver. Throws AppError db.unsupported, file.not_readable. */
export function addressOf(url: string): string {
  const address = parse(url)
  const { searchParams } = address
  const mode = searchParams.get('sslmode')
  if (mode !== null && !sslModes.some((known) => known === mode))
    throw new AppError('db.unsupported', `sslmode=${mode} is not supported`, {
      hint: `Use one of ${sslModes.join(', ')}; verify-full with sslrootcert=FILE is the safest.`,
    })
  for (const name of sslFiles) checkFile(name, searchParams.get(name))
  if (mode === 'verify-ca' && !searchParams.has('sslrootcert'))
    throw new AppError('db.unsupported', 'sslmode=verify-ca needs the certificate of its authority', {
      hint: 'Add sslrootcert=FILE, or use sslmode=verify-full.',
    })
  if (mode !== null) searchParams.set('uselibpqcompat', 'true')
  return address.href
}

function parse(url: string): URL {
  try {
    return new URL(url)
  } catch (error) {
    throw new AppError('db.unsupported', 'the address of the PostgreSQL server cannot be read', {
      hint: 'Write postgres://user:password@host:5432/database, with special characters of the password as %40, %2F ….',
      cause: error,
    })
  }
}

function checkFile(name: string, path: string | null): void {
  if (path === null) return
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw new AppError('db.unsupported', `the file ${path} of ${name} cannot be read`, {
      hint: 'Check its path in HERALD_DATABASE_URL and its permissions.',
      cause: error,
    })
  }
}
