/** Sextant's own version, the same as in package.json. */
export const SEXTANT_VERSION = '0.1.0';
/** The version of Qdrant whose API this is; clients compare their own with it. */
export const API_VERSION = '1.19.0';
