/** Where a point version is: segment and slot packed into one number (segment x 2^32 + slot), below 2^53. */
export type Place = number;

const SLOT_SPAN = 0x100000000;
/** Segment numbers stay below this, so that a place is a safe integer and fits the 2 bytes of its stored form. */
export const MAX_SEGMENTS = 0x10000;

export const placeOf = (segment: number, slot: number): Place => segment * SLOT_SPAN + slot;
export const segmentOf = (place: Place): number => Math.floor(place / SLOT_SPAN);
export const slotOf = (place: Place): number => place % SLOT_SPAN;
