// Zixflow's newer API ("Zixflow AI"), item by item.
import { mediaSize, type Page } from './row.ts'

const send = (kind: string) => `POST /api/ingest/whatsapp/v1/${kind}/send`
const guess = 'zixflow/config.ts:Kinds whose path'

export const zixflowAi: Page = {
  title: 'Zixflow (API "ai")',
  source: 'the pages of "Zixflow AI": sending, postbacks, reports, templates and accounts',
  parts: {
    Calls: [
      {
        item: 'send a template',
        call: send('template'),
        keys: ['template_name', 'language', 'variables', 'body_1', 'body_2', 'button_1'],
        at: "zixflow/ai-api.ts:return 'template'",
      },
      {
        item: 'send a text',
        call: send('message/text'),
        keys: ['text', 'body', 'preview_url'],
        at: "zixflow/ai-api.ts:type === 'text' || type === 'contacts'",
      },
      {
        item: 'send contacts',
        call: send('message/contacts'),
        keys: ['contacts', 'name', 'formatted_name', 'first_name', 'last_name', 'phones', 'phone', 'type'],
        at: 'zixflow/content.ts:contacts.map(contactCard)',
      },
      {
        item: 'send a reaction',
        call: send('message/reaction'),
        keys: ['reaction', 'message_id', 'emoji'],
        at: 'zixflow/content.ts:message_id: content.messageId',
      },
      {
        item: 'send reply buttons, with a header of text or file',
        call: send('message/interactive/reply-buttons'),
        keys: ['interactive', 'header', 'footer', 'action', 'buttons', 'reply', 'id', 'title'],
        at: 'zixflow/ai-api.ts:message/interactive/reply-buttons',
      },
      {
        item: 'send an image (its path is a guess, as the following ones; `paths` of the sender)',
        call: send('message/image'),
        keys: ['image', 'link', 'caption'],
        at: guess,
      },
      { item: 'send a video', call: send('message/video'), keys: ['video'], at: guess },
      { item: 'send an audio', call: send('message/audio'), keys: ['audio'], at: guess },
      { item: 'send a document', call: send('message/document'), keys: ['document', 'filename'], at: guess },
      { item: 'send a sticker', call: send('message/sticker'), keys: ['sticker'], at: guess },
      {
        item: 'send a location',
        call: send('message/location'),
        keys: ['location', 'latitude', 'longitude', 'address'],
        at: guess,
      },
      {
        item: 'send a list',
        call: send('message/interactive/list-buttons'),
        keys: ['button', 'sections', 'rows', 'description'],
        at: guess,
      },
      { item: 'ask for a location', call: send('message/interactive/location-request'), at: guess },
      {
        item: 'send a carousel',
        call: send('message/interactive/media-carousel'),
        keys: ['cards', 'card_index', 'parameters', 'display_text', 'url'],
        at: guess,
      },
      { item: 'ask for an address, link buttons, carousel of products', not: 'Herald has no content of that kind' },
      { item: 'sizes of files', not: mediaSize },
      {
        item: 'report of a message, by request_id',
        call: 'GET /api/data/messages/v1/delivery-report',
        at: 'zixflow/ai-api.ts:delivery-report?request_id=',
      },
      {
        item: 'templates of a number, ten at a time',
        call: 'GET /api/data/whatsapp/v1/*/templates',
        at: 'zixflow/ai-api.ts:TEMPLATES_PER_PAGE = 10',
      },
      { item: 'variables of a template', not: 'the list of templates has their components, which say the same' },
      {
        item: 'numbers of the workspace',
        call: 'GET /api/data/whatsapp/v1/accounts',
        at: 'zixflow/ai-api.ts:/whatsapp/v1/accounts',
      },
      { item: 'other channels, Transflow, Sendflow', not: 'Herald sends WhatsApp messages' },
    ],
    'What every send has': [
      { item: 'headers x-api-key and x-workspace-id', at: "zixflow/ai-api.ts:'x-workspace-id'" },
      { item: 'prefix of the paths: /api/ingest, or the older /api/ingestion', at: "zixflow/config.ts:'/api/ingest'" },
      { item: 'recipient: digits, without +', keys: ['recipient'], at: 'zixflow/ai-api.ts:recipient: to.replace(' },
      { item: 'phone_id', keys: ['phone_id'], at: 'zixflow/ai-api.ts:phone_id: settings.phoneId' },
      { item: 'post_back_url', keys: ['post_back_url'], at: 'zixflow/ai-api.ts:post_back_url: webhookUrl' },
      {
        item: 'post_back_data, which comes back',
        keys: ['post_back_data'],
        at: 'zixflow/ai-api.ts:post_back_data: reference',
      },
    ],
    'Answers and callbacks': [
      { item: 'success, message, request_id', at: 'zixflow/ai-api.ts:request_id' },
      { item: 'an older answer without request_id', at: 'zixflow/acceptance.ts:trackingId: id ===' },
      { item: '400, 401, 500 with success or status false', at: 'zixflow/errors.ts:success === false' },
      {
        item: 'postback: request_id, status, status_at, remark, post_back_data',
        at: 'zixflow/webhook.ts:post_back_data',
      },
      { item: 'postback: message_id of 64 bits', at: 'zixflow/webhook.ts:parseLossless' },
      { item: 'postback: clicked and further words', at: "zixflow/webhook.ts:clicked: 'read'" },
      { item: 'incoming messages, by the webhook of the account', at: 'zixflow/webhook.ts:incoming.whatsapp.message' },
      { item: 'headers of that webhook, which the account chooses', at: 'zixflow/webhook.ts:webhookHeader' },
      { item: 'report: status, statusAt, remark, recipient', at: 'zixflow/ai-api.ts:report.statusAt' },
      { item: 'account: quality_rating, daily_limit', at: 'zixflow/ai-api.ts:daily_limit' },
      { item: 'template: status, category, components', at: 'zixflow/ai-api.ts:templateStatusOf' },
    ],
  },
}
