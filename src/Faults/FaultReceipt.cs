using System.Globalization;

namespace Quorate.Faults;

/// <summary>The record of one fault, on disk before its effect and until its revert.</summary>
public sealed record FaultReceipt
{
    public required string Name { get; init; }
    public required string Target { get; init; }
    public required string SiteId { get; init; }
    public required string Platform { get; init; }
    public required DateTimeOffset InjectedAt { get; init; }

    /// <summary>Idempotency key of the fault's effect.</summary>
    public required string EffectKey { get; init; }

    /// <summary>What the revert needs, by name.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>When the watchdog takes it back if nobody else has.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The process for which it is held, and with whose end it ends; null: it lasts until its deadline.</summary>
    public FaultOwner? Owner { get; init; }

    /// <summary>False while the effect is being made: whoever makes it is the owner.</summary>
    public bool Applied { get; init; } = true;

    /// <summary>Full path of the site's Compose file.</summary>
    public string? ComposeFile { get; init; }

    /// <summary>Null while the fault is active.</summary>
    public DateTimeOffset? RevertedAt { get; init; }

    /// <summary>As it may be shown and kept for good: what the revert needs may hold passwords.</summary>
    public FaultReceipt Shown() => this with { Values = new Dictionary<string, string>() };
}

/// <summary>A process that is the same one only while both are equal: the kernel gives a pid away again.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start time in clock ticks since boot (field 22 of proc_pid_stat(5)).</param>
public sealed record FaultOwner(int Pid, long StartTicks)
{
    public static FaultOwner Current => Of(Environment.ProcessId)!;

    /// <summary>Null when there is no such process.</summary>
    public static FaultOwner? Of(int pid) =>
        Read(pid) is [not ("Z" or "X"), ..] and var fields ? new FaultOwner(pid, long.Parse(fields[19], CultureInfo.InvariantCulture)) : null;

    /// <summary>Whether this very process still runs.</summary>
    public bool Lives() => Of(Pid) == this;

    /// <summary>The process's state as the kernel abbreviates it, such as T for stopped; null when there is no such process.</summary>
    internal static char? StateOf(int pid) => Read(pid) is [[var state, ..], ..] ? state : null;

    /// <summary>The fields from the third on. The name in parentheses may itself hold spaces and parentheses: they start after the last one.</summary>
    private static string[]? Read(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
