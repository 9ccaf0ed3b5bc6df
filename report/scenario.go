package report

import (
	"io"
	"time"

	"go.yaml.in/yaml/v4"
)

// WriteScenario writes scenario.yaml: the scenario as run.
func WriteScenario(w io.Writer, s *Summary) error {
	_, err := io.WriteString(w, s.Head.Scenario)
	return err
}

// A setting is one plain field of the scenario.
type setting struct{ name, value string }

// settings are the fields of the scenario that have one plain value, as
// written there; none when the text is not a scenario.
func (s *Summary) settings() []setting {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(s.Head.Scenario), &doc); err != nil || len(doc.Content) != 1 {
		return nil
	}
	var all []setting
	fields := doc.Content[0].Content
	for i := 0; i+1 < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		if name.Kind == yaml.ScalarNode && value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			all = append(all, setting{name.Value, value.Value})
		}
	}
	return all
}

// setting returns the value of one field; empty where there is none.
func (s *Summary) setting(name string) string {
	for _, field := range s.settings() {
		if field.name == name {
			return field.value
		}
	}
	return ""
}

// timeout is how long a reply was waited for; 0 where it is not known.
func (s *Summary) timeout() time.Duration {
	d, err := time.ParseDuration(s.setting("timeout"))
	if err != nil {
		return 0
	}
	return d
}
