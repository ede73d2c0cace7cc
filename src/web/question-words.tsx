// What is asked before an act with a wide effect: what will happen, to how many, and whether it can be taken back.
import type { ListView } from '../engine/contacts/lists.ts'
import type { ImportView } from '../engine/import/imports.ts'
import type { UnknownView } from '../engine/report/unknown.ts'
import type { ManyView } from '../engine/report/unknown-many.ts'
import type { SenderStake } from '../engine/service/at-stake.ts'
import type { Format } from './format.ts'
import type { Question } from './question.tsx'

type Words = Pick<Question, 'title' | 'says' | 'yes'>

const LOOKED_AGAIN = 'What no other limit holds back is sent within seconds.'

function waitingForLimit(waiting: number, limit: string, format: Format): string {
  if (waiting === 0) return `No message waits for ${limit} now.`
  return `${format.counted(waiting, 'message waits', 'messages wait')} for ${limit} now. ${waiting === 1 ? 'It is' : 'They are'} looked at again at once. ${LOOKED_AGAIN}`
}

export function removeCapWords(cap: string, waiting: number, format: Format): Words {
  return {
    title: `Remove the cap “${cap}”?`,
    says: [
      'It no longer limits any marketing campaign, including those that send now. To keep its settings, choose “Change” and switch it off instead.',
      waitingForLimit(waiting, 'frequency caps', format),
    ],
    yes: 'Remove the cap',
  }
}

export function changeCapWords(cap: string, waiting: number, format: Format): Words {
  return {
    title: `Change the cap “${cap}” now?`,
    says: [waitingForLimit(waiting, 'frequency caps', format)],
    yes: 'Change the cap',
  }
}

export function quietHoursWords(isOff: boolean, waiting: number, format: Format): Words {
  return {
    title: isOff ? 'Switch quiet hours off?' : 'Change quiet hours now?',
    says: [
      ...(isOff ? ['People can then get marketing at any hour of their night.'] : []),
      waitingForLimit(waiting, 'quiet hours', format),
    ],
    yes: isOff ? 'Switch them off' : 'Change them',
  }
}

function stakeText({ campaigns, waiting }: SenderStake, format: Format): string {
  if (campaigns === 0 && waiting === 0) return 'no campaign uses it now'
  return `${format.counted(campaigns, 'campaign', 'campaigns')} with ${format.counted(waiting, 'waiting message', 'waiting messages')}`
}

export function pauseSenderWords(stake: SenderStake, format: Format): Words {
  return {
    title: `Pause ${stake.name}?`,
    says: [
      `Everything from this sender stops within a second: ${stakeText(stake, format)}. Messages wait; those that become too late meanwhile are not sent.`,
      '“Resume” sends the rest. To stop a single campaign, pause that campaign instead.',
    ],
    yes: 'Pause the sender',
  }
}

export function resumeSenderWords(stake: SenderStake, format: Format): Words {
  return {
    title: `Resume ${stake.name}?`,
    says: [
      `It sends again at once, up to ${format.number(stake.ratePerSecond)} a second: ${stakeText(stake, format)}.`,
      'If it was paused by itself, fix the reason first.',
    ],
    yes: 'Resume the sender',
  }
}

export function setWebhookWords({ name }: SenderStake): Words {
  return {
    title: `Set the address for callbacks of ${name}?`,
    says: [
      'The provider then reports to this installation. An address that was set there before, also that of another system, gets nothing any more.',
    ],
    yes: 'Set it at the provider',
  }
}

export function archiveWords(name: string, status: string): Words {
  return {
    title: `Archive ${name}?`,
    says: [
      status === 'draft'
        ? 'An archived draft can’t be edited, launched or brought back. You can still copy it.'
        : 'Its report stays. The campaign can’t be brought back: you can only copy it.',
    ],
    yes: 'Archive the campaign',
  }
}

export function revokeKeyWords(name: string, lastUsed: string): Words {
  return {
    title: `Revoke the key ${name}?`,
    says: [`Programs that use it get no answer any more, at once and for good. Last used: ${lastUsed}.`],
    yes: 'Revoke the key',
  }
}

export function disableUserWords(name: string): Words {
  return {
    title: `Disable ${name}?`,
    says: [
      'Every login and every key of this user ends at once. Programs that use these keys stop too.',
      '“Enable” lets the user log in again; the keys stay ended.',
    ],
    yes: 'Disable the user',
  }
}

export function deleteListWords({ name, contacts }: ListView, format: Format): Words {
  return {
    title: 'Delete this list?',
    says: [
      <>
        The list{' '}
        <strong>
          <bdi>{name}</bdi>
        </strong>{' '}
        is deleted for good. Its {format.counted(contacts, 'contact stays', 'contacts stay')}, with everything that was
        sent to them.
      </>,
    ],
    yes: 'Delete the list',
  }
}

export function undoImportWords({ fileName, added, updated, list }: ImportView, format: Format): Words {
  return {
    title: 'Undo this import?',
    says: [
      <>
        <bdi>{fileName}</bdi>: {format.counted(added, 'person', 'people')} whom it added will leave the list{' '}
        <bdi>{list}</bdi>
        {updated > 0 && `, and the fields of ${format.counted(updated, 'person', 'people')} become what they were`}.
        Contacts and messages stay.
      </>,
    ],
    yes: 'Undo import',
  }
}

export function deleteTemplateWords(name: string, sender: string): Words {
  return {
    title: 'Delete a template?',
    says: [
      <>
        Every language of <strong>{name}</strong> is deleted at the provider of <bdi>{sender}</bdi>. Campaigns that use
        it can no longer be sent, and the name cannot be used again for some time.
      </>,
    ],
    yes: 'Delete it at the provider',
  }
}

export function resendWords({ campaign, phone }: UnknownView): Words {
  return {
    title: 'Send it again?',
    says: [
      <>
        The message of <bdi>{campaign}</bdi> to <bdi>{phone}</bdi> was handed over, and the provider did not answer. If
        it was taken after all, this person gets it twice.
      </>,
      'Look it up at the provider first.',
    ],
    yes: 'Send it again',
  }
}

/** What becomes of many messages without an answer. */
export const settleManyWords = {
  accepted: ({ count }: Pick<ManyView, 'count'>) => `${count} will count as taken by the provider. Nothing is sent.`,
  failed: ({ count }: Pick<ManyView, 'count'>) => `${count} will count as failed. Nothing is sent.`,
  resend: ({ count, canBeResent }: Pick<ManyView, 'count' | 'canBeResent'>) =>
    `${canBeResent} of ${count} will be sent again, and people may get the message twice. The others are no longer valid, or their campaign was ended.`,
}
