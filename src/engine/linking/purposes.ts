// What each sealed message of a link is for: one sealed for something else does not open.

export const OFFER = 'sotto link offer v1'
export const PROVISION = 'sotto link provision v1'
export const ADOPTED = 'sotto link adopted v1'
