// What holds for the whole team: the time zone in which new schedules begin.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { setTeamZone } from '../../engine/service/team-zone.ts'
import { acts } from '../acts.ts'
import { FormToken, WholeError } from '../elements/form.tsx'
import { Facts } from '../elements/table.tsx'
import { ZoneField } from '../elements/zone-field.tsx'
import { renderPage } from '../layout.tsx'
import {
  errorsByCode,
  type FormErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { nearZones, scheduleZone } from '../reader-zone.ts'
import { zoneFieldWords } from '../words.ts'

export function teamPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/team', opens('read'), (c) => teamPage(c, noErrors, scheduleZone(c)))
    .post('/team', opens('administer'), acts('saves'), async (c) => {
      const form = await readForm(c)
      try {
        const zone = await setTeamZone(ctx, form.timeZone ?? '')
        return redirectWithNote(c, '/team', `New schedules use ${zone}. Existing schedules keep their zone.`)
      } catch (error) {
        return teamPage(
          c,
          errorsByCode(error, () => 'timeZone'),
          form.timeZone ?? '',
          422,
        )
      }
    })
}

function teamPage(c: PageContext, errors: FormErrors, timeZone: string, status = 200) {
  return renderPage(
    c,
    { title: 'Team' },
    mayDo(principalOf(c), 'administer') ? (
      <form class="decide narrow" method="post" action="/team">
        <FormToken c={c} />
        <WholeError errors={errors} />
        <ZoneField
          name="timeZone"
          {...zoneFieldWords.team}
          value={timeZone}
          near={nearZones(c)}
          errors={errors}
          required
        />
        <button type="submit">Save</button>
      </form>
    ) : (
      <Facts facts={[[zoneFieldWords.team.label, timeZone]]} />
    ),
    status,
  )
}
