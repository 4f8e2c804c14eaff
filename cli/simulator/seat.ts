import * as z from 'zod';

/** One usage window of a simulated seat, as the backend meters it. */
export const windowSchema = z.strictObject({
  limitId: z
    .string()
    .min(1)
    .max(64)
    .default('codex')
    .describe('Meter this window belongs to; "codex" is the main one.'),
  limitName: z.string().max(120).nullable().default(null).describe('Display name of a further meter.'),
  models: z
    .array(z.string().max(120))
    .max(50)
    .nullable()
    .default(null)
    .describe('Models metered here; null: every model no other meter claims.'),
  slot: z
    .enum(['primary', 'secondary'])
    .describe('Position in headers and usage answers; says nothing about the duration.'),
  durationMinutes: z.number().int().positive().describe('Length of the window in minutes.'),
  usedPercent: z.number().min(0).max(1000).default(0).describe('Used share in percent.'),
  resetsAtMs: z
    .number()
    .int()
    .nullable()
    .default(null)
    .describe('Epoch ms of the reset; null: the window starts with the next request.'),
  perRequestPercent: z.number().min(0).max(1000).default(1).describe('Percent one accepted request costs.'),
});

const creditsSchema = z.strictObject({
  hasCredits: z.boolean().default(false),
  unlimited: z.boolean().default(false),
  balance: z.string().max(32).nullable().default(null),
});

/** One simulated seat: a person (userId) in a workspace (accountId). */
export const seatSchema = z.strictObject({
  alias: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
    .describe('Name the answers carry.'),
  email: z.email().describe('Not unique: one person can have several workspaces.'),
  accountId: z.string().min(1).max(120).describe('Workspace id; shared by its members.'),
  userId: z.string().min(1).max(120).describe('Person; unique together with accountId.'),
  workspaceName: z.string().max(120).default('Personal'),
  planType: z.string().max(40).default('plus'),
  residency: z.string().max(40).nullable().default(null).describe('Claim chatgpt_compute_residency; null: absent.'),
  windows: z.array(windowSchema).max(20).default([]),
  allowedModels: z
    .array(z.string().max(120))
    .max(50)
    .nullable()
    .default(null)
    .describe('Entitlement; null: every model that is not retired.'),
  credits: creditsSchema.default({ hasCredits: false, unlimited: false, balance: null }),
});

export type UsageWindow = Readonly<z.infer<typeof windowSchema>>;
export type Seat = Readonly<z.infer<typeof seatSchema>>;
export type SeatInput = z.input<typeof seatSchema>;

export const FIVE_HOURS_MINUTES = 300;
export const WEEK_MINUTES = 10_080;
export const SEATS_MAX = 1_000;

/** Makes `count` seats: four with a story of their own, then uneventful ones. */
export function demoSeats(count: number): readonly Seat[] {
  const named = NAMED_SEATS.map((seat) => seatSchema.parse(seat));
  const further = Array.from({ length: Math.max(0, count - named.length) }, (_, index) =>
    plainSeat(index + named.length + 1),
  );
  return [...named, ...further].slice(0, count);
}

/** Makes an uneventful seat: a person alone in a workspace, both windows empty. */
export function plainSeat(number: number): Seat {
  return seatSchema.parse({
    alias: `seat-${number}`,
    email: `person-${number}@example.test`,
    accountId: `ws-person-${number}`,
    userId: `user-person-${number}`,
    windows: bothWindows({ fiveHour: 0, weekly: 0 }),
  });
}

/** Makes the usual pair of windows with the given used percents. */
export function bothWindows(used: { fiveHour: number; weekly: number }): z.input<typeof windowSchema>[] {
  return [
    { slot: 'primary', durationMinutes: FIVE_HOURS_MINUTES, usedPercent: used.fiveHour, perRequestPercent: 2 },
    { slot: 'secondary', durationMinutes: WEEK_MINUTES, usedPercent: used.weekly, perRequestPercent: 0.5 },
  ];
}

// The four cover what newcomers trip over: one e-mail with two workspaces, two people in one workspace, an account about to run dry,
// and a plan whose only window is the weekly one.
const NAMED_SEATS: readonly SeatInput[] = [
  {
    alias: 'work',
    email: 'ada@example.test',
    accountId: 'ws-engine-room',
    userId: 'user-ada',
    workspaceName: 'Engine Room',
    planType: 'team',
    windows: bothWindows({ fiveHour: 12, weekly: 34 }),
  },
  {
    alias: 'home',
    email: 'ada@example.test',
    accountId: 'ws-ada-personal',
    userId: 'user-ada',
    planType: 'plus',
    windows: bothWindows({ fiveHour: 41, weekly: 8 }),
  },
  {
    alias: 'colleague',
    email: 'grace@example.test',
    accountId: 'ws-engine-room',
    userId: 'user-grace',
    workspaceName: 'Engine Room',
    planType: 'team',
    windows: bothWindows({ fiveHour: 94, weekly: 71 }),
  },
  {
    alias: 'free',
    email: 'linus@example.test',
    accountId: 'ws-linus-personal',
    userId: 'user-linus',
    planType: 'free',
    windows: [{ slot: 'primary', durationMinutes: WEEK_MINUTES, usedPercent: 55, perRequestPercent: 3 }],
  },
];
