// Asks why one person got the message of a campaign, or did not.
import type { FormErrors } from '../page.ts'
import { Field } from './form.tsx'

export function WhyForm({ id, phone, errors }: { id: string; phone: string; errors: FormErrors }) {
  return (
    <form method="get" action={`/campaigns/${id}/why`} class="filters">
      <Field name="phone" label="Phone" type="tel" value={phone} errors={errors} placeholder="+44 7700 900123" />
      <button type="submit" class="second">
        Ask why
      </button>
    </form>
  )
}
