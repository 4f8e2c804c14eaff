import * as z from 'zod';

/** One line of the log of a process: `level` is pino's rank (50 error, 40 warn, 30 info, 20 debug), the rest are its fields. */
export const logLineSchema = z.looseObject({ level: z.number(), msg: z.string() });
