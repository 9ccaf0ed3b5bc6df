package scenario

import "testing"

// BenchmarkPlay plays buyers one after the other, whose answers cost nothing: what
// a buyer costs the driver where all are alike, and where there are kinds. What
// they do is the same.
func BenchmarkPlay(b *testing.B) {
	for _, tt := range []struct{ name, crowd string }{{"alike", ""}, {"one kind", "honest:100%"}, {"three kinds", "honest:40%,impatient:30%,bot:30%"}} {
		b.Run(tt.name, func(b *testing.B) {
			spec := good(func(s *Spec) { s.Buyers = new(int64(1 << 20)) })
			if tt.crowd != "" {
				if err := spec.Crowd.UnmarshalText([]byte(tt.crowd)); err != nil {
					b.Fatal(err)
				}
			}
			for i := range spec.Crowd {
				spec.Crowd[i] = Kind{Kind: spec.Crowd[i].Kind, Share: spec.Crowd[i].Share}
			}
			d, stop := driveOf(b, spec)
			defer stop()
			h := d.hand()
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N {
				d.play(h, uint32(n)&(1<<20-1), 0)
			}
		})
	}
}
