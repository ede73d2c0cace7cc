// An account at every provider, as a sender file has it: any secrets, because the stand-ins take all.

export const accounts = {
  meta: {
    phoneNumberId: '1060000000000001',
    wabaId: '1000000000000001',
    accessToken: 'x-token',
    appSecret: 'x-secret',
  },
  bird: {
    workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
    channelId: '7a6b5c4d-0000-4000-8000-000000000002',
    accessKey: 'x-key-of-bird',
    signingKey: 'x-signing-key',
  },
  onemsg: { channelId: 'ABC123456789', token: 'x-token' },
  routee: { applicationId: 'x-id', applicationSecret: 'x-secret', from: '302101234567' },
  zixflow: { phoneId: '104000000000000', apiKey: 'x-api-key' },
  sandbox: {},
} as const
