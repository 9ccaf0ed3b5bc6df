package scenario

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// UnmarshalYAML accepts a map, {read: stock, rate: 500/s}, and the text.
func (b *Background) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return b.UnmarshalText([]byte(node.Value))
	}
	type plain Background // or it would be asked to read itself
	var said plain
	if err := node.Load(&said, yaml.WithKnownFields(true), yaml.WithUniqueKeys(true)); err != nil {
		return err
	}
	*b = Background(said)
	if err := b.check(); err != nil {
		return fmt.Errorf("background: %w", err)
	}
	return nil
}
