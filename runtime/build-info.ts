declare const __OMA_BUILD_ID__: string | undefined;
declare const __OMA_VERSION__: string | undefined;

/** Short hash of this build, `dev` when it runs from the sources. */
export const BUILD_ID: string = typeof __OMA_BUILD_ID__ === 'string' ? __OMA_BUILD_ID__ : 'dev';

/** Version of oma, `dev` when it runs from the sources. */
export const VERSION: string = typeof __OMA_VERSION__ === 'string' ? __OMA_VERSION__ : 'dev';
