// `doctor`: what is set up, what is missing, and every default that holds.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { diagnose, type Finding } from '../../engine/service/doctor.ts'
import { AnsweredError, action } from '../host.ts'
import type { Output } from '../output.ts'

export function addDoctor(program: Command): void {
  program.command('doctor').action(
    action(async (host) => {
      using progress = host.progress()
      const diagnosis = await host.withApp((app) => diagnose(app.ctx, (state) => progress.show(state)))
      progress.clear()
      const { output } = host
      output.result(diagnosis, () => {
        for (const finding of diagnosis.findings)
          output.line(`${markOf(finding, output.colors)} ${finding.check.padEnd(18)} ${finding.detail}`)
        output.line()
        output.facts(
          Object.entries(diagnosis.settings).map(([name, value]) => [
            name,
            typeof value === 'object' ? JSON.stringify(value) : String(value),
          ]),
        )
      })
      if (diagnosis.ok) return
      throw new AnsweredError(new AppError('check.failed', 'something is wrong with this installation'))
    }),
  )
}

function markOf({ ok, isWarning }: Finding, colors: Output['colors']): string {
  if (!ok) return colors.red('✗')
  return isWarning ? colors.yellow('!') : colors.green('✓')
}
