// A PostgreSQL server of the bench, and its databases as a stranger sees them: by the shell of its maker.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { type OwnServer, startServer } from '../../support/postgres-programs.ts'

export class ServerPlace {
  readonly #server: OwnServer

  private constructor(server: OwnServer) {
    this.#server = server
  }

  static async start(): Promise<ServerPlace> {
    return new ServerPlace(await startServer())
  }

  /** Its URL; a copy of another one where that is named. */
  makeDatabase(copyOf?: string): string {
    const url = new URL(this.#server.url)
    url.pathname = `/bench_${randomBytes(6).toString('hex')}`
    const from = copyOf === undefined ? '' : ` TEMPLATE ${nameOf(copyOf)}`
    askServer(this.#server.url.href, `CREATE DATABASE ${nameOf(url.href)}${from}`)
    return url.href
  }

  /** Every process of it dies, and it comes up again. */
  crash(): void {
    this.#server.crash()
  }

  /** Connections of Herald to a database. */
  cutConnections(url: string): void {
    askServer(
      this.#server.url.href,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${nameOf(url)}' AND application_name LIKE 'herald%'`,
    )
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

/** The first column of what it answers. */
export function askServer(url: string, sql: string): string[] {
  const argv = [url, '--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1', '-c', sql]
  const { status, stdout, stderr } = spawnSync('psql', argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`psql: ${stderr}`)
  return stdout.split('\n').filter((line) => line !== '')
}
