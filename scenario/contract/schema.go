package contract

import _ "embed"

// Schema is the JSON Schema of a contract, draft 2020-12, for editors. It knows
// the fields and their kinds; what only the whole can tell is for Load to refuse.
//
//go:embed contract.schema.json
var Schema []byte
