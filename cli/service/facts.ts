/** What a description is made from. Shape: `environment` holds no secret. */
export interface ServiceFacts {
  readonly node: string;
  readonly supervisor: string;
  readonly environment: Readonly<Record<string, string>>;
  /** An optional file of variables that only its owner can read; where the passphrase belongs. */
  readonly secretsFile: string;
  readonly logFile: string;
}

/** What a description on disk starts. Shape: null = it does not say so in the form that oma writes. */
export interface DescribedService {
  readonly node: string | null;
  readonly supervisor: string | null;
  readonly environment: Readonly<Record<string, string>>;
}
