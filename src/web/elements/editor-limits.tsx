// The first and the last step of the editor: who says it under which name, and what holds it back.
import { useCases } from '../../domain/suppression.ts'
import type { StepProps } from '../editor-looks.ts'
import { useCaseWords } from '../words.ts'
import { Check, Field, Select } from './form.tsx'

export function NameStep({ facts, form, errors }: StepProps) {
  return (
    <section class="card step" id="step-name">
      <h2>1. Name and sender</h2>
      <Field
        name="/name"
        label="Name"
        value={form['/name']}
        errors={errors}
        help="Your team sees it, recipients do not."
        extra={{ maxlength: 200 }}
      />
      <div class="row">
        <Select
          name="/useCase"
          label="What it is"
          value={form['/useCase']}
          errors={errors}
          options={useCases.map((name) => [name, useCaseWords[name]] as const)}
          help="Frequency caps and quiet hours apply to marketing."
          extra={{ 'data-looks': 'audience' }}
        />
        <Select
          name="/sender"
          label="Sender"
          value={form['/sender']}
          errors={errors}
          options={facts.senders.map(({ name, provider }) => [name, `${name} (${provider})`] as const)}
          extra={{ 'data-redraw': 'step-content' }}
        />
      </div>
    </section>
  )
}

const caps = [
  ['', 'the installation decides'],
  ['respect', 'respect them'],
  ['ignore', 'ignore them'],
] as const

const quiet = [
  ['', 'the installation decides'],
  ['respect', 'respect them: send later'],
  ['skip', 'skip people in their quiet hours'],
  ['ignore', 'ignore them'],
  ['own', 'quiet hours of its own'],
] as const

export function LimitsStep({ form, errors }: StepProps) {
  const isOwn = form['/limits/quietHours'] === 'own'
  return (
    <section class="card step" id="step-limits">
      <h2>5. Limits, tags and policies</h2>
      <p class="soft">All of this has good defaults: leave it as it is unless you know why not.</p>
      <div class="row">
        <Field
          name="/limits/validity"
          label="Worth sending for"
          value={form['/limits/validity']}
          errors={errors}
          placeholder="36h"
          help="Later it expires unsent: 36h, 90m, 2d."
        />
        <Field
          name="/limits/ratePerSecond"
          label="Messages a second"
          value={form['/limits/ratePerSecond']}
          errors={errors}
          help="Empty: as fast as the sender."
        />
        <Field
          name="/priority"
          label="Priority"
          value={form['/priority']}
          errors={errors}
          placeholder="50"
          help="0 to 100; higher goes first."
        />
      </div>
      <div class="row">
        <Select
          name="/limits/frequencyCap"
          label="Frequency caps"
          value={form['/limits/frequencyCap']}
          errors={errors}
          options={caps}
        />
        <Select
          name="/limits/quietHours"
          label="Quiet hours"
          value={form['/limits/quietHours']}
          errors={errors}
          options={quiet}
          extra={{ 'data-redraw': 'step-limits' }}
        />
      </div>
      {isOwn && (
        <div class="row">
          <Field
            name="/limits/quietHours/from"
            label="Quiet from"
            value={form['/limits/quietHours/from'] ?? '21:00'}
            errors={errors}
          />
          <Field
            name="/limits/quietHours/to"
            label="until"
            value={form['/limits/quietHours/to'] ?? '08:00'}
            errors={errors}
          />
          <Select
            name="/limits/quietHours/action"
            label="People in them"
            value={form['/limits/quietHours/action']}
            errors={errors}
            options={[
              ['', 'get it later'],
              ['skip', 'are skipped'],
            ]}
          />
        </div>
      )}
      {isOwn && form['/limits/quietHours/allDay'] !== undefined && (
        <input type="hidden" name="/limits/quietHours/allDay" value={form['/limits/quietHours/allDay']} />
      )}
      <div class="row">
        <Select
          name="/missingVariable"
          label="When a person lacks a value"
          value={form['/missingVariable']}
          errors={errors}
          options={[
            ['', 'refuse the launch'],
            ['skip', 'skip the person'],
            ['fallback', 'send it with the place left empty'],
          ]}
        />
        <Select
          name="/delivery"
          label="When an answer is lost"
          value={form['/delivery']}
          errors={errors}
          options={[
            ['', 'never send twice'],
            ['reconcile', 'send again on proof that it was not taken'],
            ['atLeastOnce', 'send again: people may get it twice'],
          ]}
        />
        <Select
          name="/session"
          label="24-hour session"
          value={form['/session']}
          errors={errors}
          options={[
            ['', 'only people whose message we have seen'],
            ['assume', 'I know better: send anyway'],
          ]}
        />
      </div>
      <div class="row">
        <Field
          name="/tags"
          label="Tags"
          value={form['/tags']}
          errors={errors}
          help="Separated by commas: spring, sale."
        />
        <Field
          name="/limits/validUntilField"
          label="Field with an end of its own (optional)"
          value={form['/limits/validUntilField']}
          errors={errors}
          help="A column such as offer_ends_at."
        />
      </div>
      <Check
        name="/oncePerContact"
        label="Each person gets it once, however often the schedule fires"
        isChecked={form['/oncePerContact'] === 'yes'}
      />
    </section>
  )
}
