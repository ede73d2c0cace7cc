// `start`: the service: schedules, sending, callbacks, until it is stopped.
import { once } from 'node:events'
import type { Command } from 'commander'
import { findHold } from '../../engine/service/held.ts'
import { text, wholeNumber } from '../arguments.ts'
import { action } from '../host.ts'

export function addStart(program: Command): void {
  program
    .command('start')
    .option('--host <host>', 'address to listen on (default 127.0.0.1)', text)
    .option('--port <port>', 'port to listen on (default 8080)', wholeNumber(0, 65535))
    .action(
      action(async (host, flags: { host?: string; port?: number }) => {
        await host.withService(
          (app) =>
            host.untilStopped(async () => {
              await using running = await app.serve()
              const held = (await app.ctx.db.read(findHold)) ?? null
              host.output.result({ url: running.url, setupUrl: running.setupUrl, held }, () => {
                host.output.line(
                  `Herald ${app.ctx.appVersion} is at work on ${app.ctx.db.shownName}, listening on ${running.url}`,
                )
                if (running.setupUrl !== null)
                  host.output.lines(
                    `Open this link within 30 minutes to become the administrator:\n${running.setupUrl}`,
                  )
              })
              if (!host.signal.aborted) await once(host.signal, 'abort')
            }),
          { flags: { host: flags.host, port: flags.port }, mayCreate: true },
        )
      }),
    )
}
