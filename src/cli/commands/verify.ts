// `verify`: recounts everything; exit 8 when something does not add up.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { verify } from '../../engine/report/verify.ts'
import { AnsweredError, action } from '../host.ts'

export function addVerify(program: Command): void {
  program
    .command('verify')
    .argument('[campaign]', 'name or id; everything without')
    .action(
      action(async (host, name: string | undefined) => {
        using progress = host.progress()
        const result = await host.withApp((app) =>
          verify(app.ctx, { campaign: name, onProgress: (state) => progress.show(state) }),
        )
        progress.clear()
        const { output } = host
        output.result(result, () => {
          for (const { ok, says, name: check, broken } of result.checks) {
            output.line(`${ok ? output.colors.green('✓') : output.colors.red('✗')} ${check.padEnd(16)} ${says}`)
            for (const what of broken) output.line(`    ${what}`)
          }
        })
        const broken = result.checks.filter((check) => !check.ok).map((check) => check.name)
        if (broken.length === 0) return
        throw new AnsweredError(new AppError('check.failed', `broken: ${broken.join(', ')}`))
      }),
    )
}
