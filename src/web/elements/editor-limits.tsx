// The first and the last step of the editor: who says it under which name, and what holds it back.
import { useCases } from '../../domain/suppression.ts'
import type { StepProps } from '../editor-looks.ts'
import { labelled } from '../field-labels.ts'
import {
  capWords,
  deliveryWords,
  limitsWords,
  missingVariableWords,
  quietWords,
  sessionWords,
  useCaseWords,
  usedText,
} from '../words.ts'
import { FindMore } from './find-more.tsx'
import { Check, Field, Select } from './form.tsx'

export function NameStep({ facts, form, errors }: StepProps) {
  return (
    <section class="card step" id="step-name">
      <h2>1. Name and sender</h2>
      <Field
        {...labelled('/name')}
        value={form['/name']}
        errors={errors}
        help="Your team sees it, recipients do not."
        extra={{ maxlength: 200 }}
      />
      <div class="row">
        <Select
          {...labelled('/useCase')}
          value={form['/useCase']}
          errors={errors}
          options={useCases.map((name) => [name, useCaseWords[name]] as const)}
          help="Frequency caps and quiet hours apply to marketing."
          extra={{ 'data-looks': 'audience' }}
        />
        <Select
          {...labelled('/sender')}
          value={form['/sender']}
          errors={errors}
          options={[
            ...(form['/sender'] ? [] : [['', 'Choose a sender'] as const]),
            ...facts.senders.map(
              ({ name, provider, used }) => [name, `${name} (${provider})${usedText(used)}`] as const,
            ),
          ]}
          extra={{ 'data-redraw': 'step-content look-audience' }}
        />
      </div>
      {(facts.hasMore.senders || form['find/senders']) && (
        <FindMore
          name="find/senders"
          label="Find a sender"
          value={form['find/senders']}
          hasMore={facts.hasMore.senders}
        />
      )}
    </section>
  )
}

/** What the form leaves empty is what a definition without the key says. */
function choices(words: Readonly<Record<string, string>>, standard: string): [string, string][] {
  return Object.entries(words).map(([name, text]) => [name === standard ? '' : name, text])
}

/** Open if one of its fields is filled in or wrong. */
function isTouched(form: StepProps['form'], errors: StepProps['errors']): boolean {
  const isOfIt = (name: string) => /^\/(?:limits|tags|delivery|priority|once|session|missing)/.test(name)
  const names = Object.entries(form).flatMap(([name, text]) => (text === '' ? [] : [name]))
  return [...names, ...Object.keys(errors.fields)].some(isOfIt)
}

export function LimitsStep({ form, errors }: StepProps) {
  const isOwn = form['/limits/quietHours'] === 'own'
  return (
    <section class="card step" id="step-limits">
      <h2>5. Limits, tags and policies</h2>
      <details open={isTouched(form, errors)}>
        <summary>{limitsWords.fold}</summary>
        <div class="row">
          <Field
            {...labelled('/limits/validity')}
            value={form['/limits/validity']}
            errors={errors}
            placeholder="36h"
            help="Later it expires unsent: 36h, 90m, 2d."
            extra={{ 'data-looks': 'audience' }}
          />
          <Field
            {...labelled('/limits/ratePerSecond')}
            value={form['/limits/ratePerSecond']}
            errors={errors}
            help="Empty: as fast as the sender."
            extra={{ 'data-looks': 'audience' }}
          />
          <Field
            {...labelled('/priority')}
            value={form['/priority']}
            errors={errors}
            placeholder="50"
            help="0 to 100; higher goes first."
          />
          <Field
            {...labelled('/limits/pauseWhenFailed')}
            value={form['/limits/pauseWhenFailed']}
            errors={errors}
            placeholder="25%"
            help="A share of the last results, 100 at least. Empty: never."
          />
        </div>
        <div class="row">
          <Select
            {...labelled('/limits/frequencyCap')}
            value={form['/limits/frequencyCap']}
            errors={errors}
            options={[['', limitsWords.byDefault], ...Object.entries(capWords)]}
          />
          <Select
            {...labelled('/limits/quietHours')}
            value={form['/limits/quietHours']}
            errors={errors}
            options={[['', limitsWords.byDefault], ...Object.entries(quietWords), ['own', limitsWords.ownQuietHours]]}
            extra={{ 'data-redraw': 'step-limits' }}
          />
        </div>
        {isOwn && (
          <div class="row">
            <Field
              {...labelled('/limits/quietHours/from')}
              value={form['/limits/quietHours/from'] ?? '21:00'}
              errors={errors}
            />
            <Field
              {...labelled('/limits/quietHours/to')}
              value={form['/limits/quietHours/to'] ?? '08:00'}
              errors={errors}
            />
            <Select
              {...labelled('/limits/quietHours/action')}
              value={form['/limits/quietHours/action']}
              errors={errors}
              options={[
                ['', 'get it later'],
                ['skip', 'are left out'],
              ]}
            />
          </div>
        )}
        {isOwn && form['/limits/quietHours/allDay'] !== undefined && (
          <input type="hidden" name="/limits/quietHours/allDay" value={form['/limits/quietHours/allDay']} />
        )}
        <div class="row">
          <Select
            {...labelled('/missingVariable')}
            value={form['/missingVariable']}
            errors={errors}
            options={choices(missingVariableWords, 'fail')}
          />
          <Select
            {...labelled('/delivery')}
            value={form['/delivery']}
            errors={errors}
            options={choices(deliveryWords, 'atMostOnce')}
          />
          <Select
            {...labelled('/session')}
            value={form['/session']}
            errors={errors}
            options={choices(sessionWords, 'respect')}
            extra={{ 'data-looks': 'session' }}
          />
        </div>
        <div class="row">
          <Field
            {...labelled('/tags')}
            value={form['/tags']}
            errors={errors}
            help="Separated by commas: spring, sale."
          />
          <Field
            {...labelled('/limits/validUntilField')}
            value={form['/limits/validUntilField']}
            errors={errors}
            help="A column such as offer_ends_at."
          />
        </div>
        <Check {...labelled('/oncePerContact')} isChecked={form['/oncePerContact'] === 'yes'} />
      </details>
    </section>
  )
}
