// Zixflow's page of reply buttons over the campaign API, item by item.
import type { Page } from './row.ts'

export const zixflow: Page = {
  title: 'Zixflow (campaign API)',
  source:
    'the page of reply buttons (POST …/whatsapp/message/send), with the calls of its other pages that Herald makes',
  parts: {
    Calls: [
      {
        item: 'send within a session',
        call: 'POST /api/v1/campaign/whatsapp/message/send',
        at: 'zixflow/campaign-api.ts:/message/send',
      },
      {
        item: 'send a template (other page)',
        call: 'POST /api/v1/campaign/whatsapp/send',
        keys: ['templateName', 'language', 'variables'],
        at: "zixflow/campaign-api.ts:'/send'",
      },
      {
        item: 'keys of the values of a template (other page)',
        call: 'GET /api/v1/campaign/whatsapp/variable-keys',
        at: 'zixflow/template-variables.ts:/variable-keys?',
      },
      {
        item: 'state of the account, list of templates',
        not: 'no page of this API has a call for it: senders add says so, and the API "ai" has both',
      },
    ],
    'Fields and limits': [
      { item: 'recipient in international format, digits', keys: ['to'], at: 'zixflow/campaign-api.ts:to.replace(' },
      { item: 'phone id of the sender', keys: ['phoneId'], at: 'zixflow/config.ts:phoneId' },
      {
        item: 'type "interactive"',
        keys: ['type', 'interactive'],
        at: "zixflow/content.ts:isInteractive ? 'interactive'",
      },
      { item: 'interactive type "button"', at: "zixflow/content.ts:type: 'button'" },
      { item: 'header: text, 60 characters', keys: ['header', 'text'], at: '/domain/content-shape.ts:headerText: 60' },
      { item: 'header: no markdown', not: 'WhatsApp shows the characters as they are' },
      {
        item: 'header: image, video, document by http address',
        keys: ['image', 'video', 'document'],
        at: "zixflow/content.ts:headerMedia === 'text' ? header.url",
      },
      {
        item: 'header text for lists, reply buttons; files for reply buttons only',
        at: "zixflow/content.ts:header: content.header === undefined ? undefined : { type: 'text'",
      },
      { item: 'emojis, markdown and links in body and footer', not: 'texts go as they are written' },
      { item: 'header of several products', not: 'no page shows how this API sends products' },
      {
        item: 'body text, required, 1024 characters',
        keys: ['body'],
        at: '/domain/content-shape.ts:interactiveBody: 1024',
      },
      {
        item: 'footer text, 60 characters, required within a footer',
        keys: ['footer'],
        at: '/domain/content-shape.ts:footer: 60',
      },
      {
        item: 'action with reply buttons of id and title (which the page calls an object)',
        keys: ['action', 'buttons', 'reply', 'id', 'title'],
        at: 'zixflow/content.ts:function replyButton',
      },
      { item: 'source, default API', keys: ['source'], at: 'zixflow/config.ts:source:' },
      { item: 'linkWithRecord', keys: ['linkWithRecord'], at: 'zixflow/config.ts:linkWithRecord' },
      { item: 'submissionStatus', keys: ['submissionStatus'], at: 'zixflow/config.ts:submissionStatus' },
      { item: 'reportURL (other page)', keys: ['reportURL'], at: 'zixflow/campaign-api.ts:reportURL' },
      {
        item: 'text, image, location, lists and the other kinds (other pages)',
        keys: [
          'preview_url',
          'link',
          'caption',
          'filename',
          'audio',
          'sticker',
          'location',
          'latitude',
          'longitude',
          'name',
          'address',
          'contacts',
          'formatted_name',
          'first_name',
          'last_name',
          'phones',
          'phone',
          'button',
          'sections',
          'rows',
          'description',
          'body_1',
          'body_2',
          'button_1',
        ],
        at: 'zixflow/content.ts:function objectOf',
      },
    ],
    'Answers and rules': [
      { item: 'status: true or false', at: 'zixflow/errors.ts:status === false' },
      { item: 'message: words of success or error', at: 'zixflow/errors.ts:textOf(message)' },
      { item: 'only within an open session; a template first', at: 'zixflow/driver.ts:needsSession: true' },
      { item: 'no limit of messages within a session', not: 'Herald keeps the rate of the sender all the same' },
    ],
  },
}
