package config

// Live bounds who watches live.
type Live struct {
	Connections int `koanf:"connections" help:"live connections at the same time, in all"`
	PerUser     int `koanf:"per_user" help:"live connections of one account at the same time, its tokens included"`
}

func (l Live) check(report func(path, message string)) {
	if l.Connections < 1 || l.Connections > 100_000 {
		report("live.connections", "must be between 1 and 100000")
	}
	if l.PerUser < 1 || l.PerUser > 100_000 {
		report("live.per_user", "must be between 1 and 100000")
	}
}
