using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Processes;

namespace Quorate.Platforms.Services;

/// <summary>A container's network namespace: packet filter, queueing disciplines, routes. Only where this process may enter it.</summary>
internal sealed class NetworkInspector(SecretDigest digest)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task ReadAsync(int pid, Inspection inspection, CancellationToken cancellationToken)
    {
        if (ContainerProcesses.ReadText($"/proc/{pid}/net/route") is { } routes)
        {
            Add(inspection, "route", NetworkText.Routes(routes));
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var saving = OutputAsync(pid, ["iptables-save"], cancellationToken);
        var showing = OutputAsync(pid, ["tc", "qdisc", "show"], cancellationToken);
        if (await saving is { } rules)
        {
            Add(inspection, "firewall", NetworkText.Firewall(rules));
        }

        if (await showing is { } disciplines)
        {
            Add(inspection, "qdisc", NetworkText.Qdiscs(disciplines));
        }
    }

    public static bool CanRestore(ConfigurationDifference difference) => Environment.IsPrivilegedProcess && (IsAddedRule(difference) || Commands(difference).Count > 0);

    public async Task RestoreAsync(int pid, ConfigurationDifference difference, CancellationToken cancellationToken)
    {
        // A rule too long for its key is found again among those that are there.
        if (SecretDigest.IsDigest(difference.Key) && await OutputAsync(pid, ["iptables-save"], cancellationToken) is { } rules
            && NetworkText.Firewall(rules).FirstOrDefault(r => Inspection.KeyOf(difference.Area, r.Name, digest) == difference.Key) is { Name: { } rule })
        {
            difference = difference with { Key = $"{difference.Area}/{rule}" };
        }

        foreach (var command in Commands(difference))
        {
            await ChangeAsync(pid, command, cancellationToken);
        }
    }

    /// <summary>Taking it away needs no more than to find it.</summary>
    private static bool IsAddedRule(ConfigurationDifference difference) =>
        difference.Area == "firewall" && difference.Key.Contains(" -A ", StringComparison.Ordinal) && Times(difference.Actual) > Times(difference.Healthy);

    /// <summary>Empty when there is no safe inverse.</summary>
    internal static IReadOnlyList<IReadOnlyList<string>> Commands(ConfigurationDifference difference)
    {
        var name = difference.Key[(difference.Area.Length + 1)..];
        if (SecretDigest.IsDigest(difference.Key))
        {
            return [];
        }

        return (difference.Area, NetworkText.Words(name)) switch
        {
            ("firewall", [var table, "-A", .. var rule]) when rule.Count > 0 && Times(difference.Actual) > Times(difference.Healthy) =>
                [.. Enumerable.Repeat<IReadOnlyList<string>>(["iptables", "-w", "-t", table, "-D", .. rule], Times(difference.Actual) - Times(difference.Healthy))],
            ("firewall", [var table, "-A", .. var rule]) when rule.Count > 0 => [["iptables", "-w", "-t", table, "-A", .. rule]],
            ("firewall", [var table, "-P", var chain]) => [["iptables", "-w", "-t", table, "-P", chain, difference.Healthy ?? "ACCEPT"]],
            ("qdisc", [var device, var place]) when difference.Healthy is null && place is "root" or "ingress" or "clsact" => [["tc", "qdisc", "del", "dev", device, place]],
            _ => [],
        };
    }

    /// <summary>What it printed; null when this machine has no such tool, or this process may not enter the namespace.</summary>
    private static async Task<string?> OutputAsync(int pid, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        await RunAsync(pid, command, cancellationToken) is { ExitCode: 0 } outcome ? outcome.Output : null;

    private static async Task ChangeAsync(int pid, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var outcome = await RunAsync(pid, command, cancellationToken) ?? throw new PlatformException($"{command[0]} could not be run in the container's network", retryable: false);
        if (outcome.ExitCode != 0)
        {
            throw new PlatformException($"{command[0]} ended with exit code {outcome.ExitCode}: {outcome.Errors.Trim()}", retryable: false);
        }
    }

    private static Task<HostOutcome?> RunAsync(int pid, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        HostProgram.RunAsync("nsenter", ["-t", pid.ToString(CultureInfo.InvariantCulture), "-n", .. command], Patience, cancellationToken);

    private static int Times(string? value) => value switch
    {
        null => 0,
        "once" => 1,
        _ => int.TryParse(value.Split(' ')[0], out var count) ? Math.Clamp(count, 0, 20) : 0,
    };

    private static void Add(Inspection inspection, string area, IEnumerable<(string Name, string Value)> values)
    {
        inspection.Read(area);
        foreach (var (name, value) in values)
        {
            inspection.Add(area, name, value);
        }
    }
}
