using System.Globalization;
using Quorate.Lab.Cloud.Data;

namespace Quorate.Lab.Cloud.Exporting;

/// <summary>Redis's INFO. Names are those of the usual redis_exporter.</summary>
internal sealed class CacheMetrics(string host, string password)
{
    private const int Port = 6379;

    private static readonly (string Field, string Metric, string Type, string Help)[] Fields =
    [
        ("uptime_in_seconds", "redis_uptime_in_seconds", "gauge", "Seconds since the start."),
        ("connected_clients", "redis_connected_clients", "gauge", "Connections."),
        ("blocked_clients", "redis_blocked_clients", "gauge", "Connections that wait in a blocking command."),
        ("used_memory", "redis_memory_used_bytes", "gauge", "Memory in use in bytes."),
        ("maxmemory", "redis_memory_max_bytes", "gauge", "Most memory allowed in bytes; 0: no limit."),
        ("total_commands_processed", "redis_commands_processed_total", "counter", "Commands carried out."),
        ("keyspace_hits", "redis_keyspace_hits_total", "counter", "Look-ups that found a key."),
        ("keyspace_misses", "redis_keyspace_misses_total", "counter", "Look-ups that found none."),
        ("evicted_keys", "redis_evicted_keys_total", "counter", "Keys removed for want of memory."),
        ("expired_keys", "redis_expired_keys_total", "counter", "Keys whose time was over."),
        ("rejected_connections", "redis_rejected_connections_total", "counter", "Connections refused because of maxclients."),
        ("total_error_replies", "redis_error_replies_total", "counter", "Commands answered with an error."),
    ];

    private readonly RespConnection redis = new(host, Port, password);

    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        string info = await redis.SendAsync(cancellationToken, "INFO") ?? throw new IOException("INFO answered nothing");
        var values = info.Split("\r\n").Select(l => l.Split(':', 2)).Where(p => p.Length == 2)
            .GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
        var text = new Exposition().Gauge("redis_up", "1 when Redis answers.", 1)
            .Gauge("redis_rdb_last_bgsave_status", "1 when the last save to disk went well.", values.GetValueOrDefault("rdb_last_bgsave_status") == "ok" ? 1 : 0)
            .Gauge("redis_master", "1 when this server takes writes.", values.GetValueOrDefault("role") == "master" ? 1 : 0);
        foreach ((string field, string metric, string type, string help) in Fields)
        {
            if (values.TryGetValue(field, out string? value) && double.TryParse(value, CultureInfo.InvariantCulture, out double number))
            {
                text.Family(metric, type, help, ("", number));
            }
        }
        return text.ToString();
    }
}
