package app

import (
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
)

// liveLimits returns how many may listen.
func liveLimits(settings config.Live) api.LiveLimits {
	return api.LiveLimits{Connections: settings.Connections, PerUser: settings.PerUser}
}
