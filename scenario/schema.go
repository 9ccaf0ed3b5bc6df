package scenario

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/fault"
)

// schemaID is the name by which editors know the schema of scenarios.
const schemaID = "https://github.com/seckill-bench/seckill/raw/main/scenario/scenario.schema.json"

// A schema is a JSON Schema, draft 2020-12, or a part of one.
type schema map[string]any

// Schema returns the JSON Schema of a scenario file, for editors: the keys, what
// each holds, and what --help says of it. What only the whole can tell, such as
// fields that do not go together, is for Spec.Prepare to refuse.
func Schema() []byte {
	all := properties()
	all["version"] = schema{"const": 1, "description": "The version of the scenario language."}
	varied := schema{"name": schema{"type": "string", "description": "What reports call it."}}
	for key, of := range all {
		if !slices.Contains(notVaried, key) {
			varied[key] = of
		}
	}
	all["variants"] = schema{
		"type": "array", "minItems": 2, "maxItems": maxVariants, "items": object(varied),
		"description": "What seckill compare runs in turn: each changes what it likes; the first is what the others are compared with.",
	}
	whole := object(all)
	whole["$schema"], whole["$id"], whole["title"] = "https://json-schema.org/draft/2020-12/schema", schemaID, "Scenario of seckill"
	whole["required"] = []string{"version"}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(whole); err != nil {
		panic(err) // it is made of texts and maps
	}
	return text.Bytes()
}

// properties are the schemas of the fields of a spec, by their keys.
func properties() schema {
	all := schema{}
	for _, field := range fields() {
		if key := keyOf(field); key != "version" && key != "variants" {
			of := schemaOf(field.Type)
			if help := field.Tag.Get("help"); help != "" {
				of["description"] = strings.ReplaceAll(help, "${default}", field.Tag.Get("default"))
			}
			all[key] = of
		}
	}
	return all
}

// object is a schema of a mapping that has no other keys.
func object(properties schema) schema {
	return schema{"type": "object", "additionalProperties": false, "properties": properties}
}

// schemaOf describes the values that a field of a type takes in YAML.
func schemaOf(t reflect.Type) schema {
	text := reflect.TypeFor[encoding.TextUnmarshaler]()
	switch {
	case t.Kind() == reflect.Pointer:
		return either(schemaOf(t.Elem()), schema{"type": "null"})
	case t == reflect.TypeFor[time.Duration]():
		return schema{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$`}
	case t == reflect.TypeFor[fault.Fault]():
		of := mapping(t)
		of["required"] = []string{"do"}
		of["properties"].(schema)["do"] = schema{"enum": fault.Kinds()}
		return either(schema{"type": "string"}, of)
	case t.Kind() == reflect.Slice && reflect.PointerTo(t).Implements(text):
		return either(schema{"type": "string"}, list(t))
	case t.Kind() == reflect.Slice:
		return list(t)
	case t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(text):
		return mapping(t)
	case t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Tag.Get("yaml") != "":
		return either(schema{"type": "string"}, mapping(t))
	case reflect.PointerTo(t).Implements(text):
		return schema{"type": []string{"string", "number"}}
	}
	switch t.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return schema{"type": []string{"string", "number"}}
	case reflect.Float64:
		return schema{"type": "number"}
	}
	return schema{"type": "integer"}
}

func either(one, other schema) schema { return schema{"anyOf": []schema{one, other}} }

func list(t reflect.Type) schema { return schema{"type": "array", "items": schemaOf(t.Elem())} }

// mapping is the schema of a struct with keys.
func mapping(t reflect.Type) schema {
	all := schema{}
	for _, field := range reflect.VisibleFields(t) {
		if key := keyOf(field); key != "" && key != "-" {
			all[key] = schemaOf(field.Type)
		}
	}
	return object(all)
}
