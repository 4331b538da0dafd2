namespace Quorate.Contracts.Sites;

/// <summary>What a site's services say of themselves through their own admin interfaces, at one moment.</summary>
public sealed record SiteConfiguration
{
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>One for each declared service that was asked, in the file's order.</summary>
    public required IReadOnlyList<ServiceConfiguration> Services { get; init; }

    public ServiceConfiguration? Find(string service) => Services.FirstOrDefault(s => s.Service == service);

    /// <summary>What differs from how it was, service by service and key by key. A service that could not be asked, then or now, differs in nothing.</summary>
    public IReadOnlyList<ConfigurationDifference> DifferencesFrom(SiteConfiguration healthy) =>
    [
        .. from now in Services
           let before = healthy.Find(now.Service)
           where before is not null
           from key in before.Items.Keys.Union(now.Items.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
           where before.Knows(key) && now.Knows(key)
           let was = before.Items.GetValueOrDefault(key)
           let actual = now.Items.GetValueOrDefault(key)
           where was != actual
           select new ConfigurationDifference(now.Service, key, was, actual),
    ];
}

/// <summary>The effective configuration of one service.</summary>
public sealed record ServiceConfiguration
{
    public required string Service { get; init; }

    /// <summary>What software it is: <c>postgresql</c>, <c>redis</c>, <c>rabbitmq</c>, <c>nginx</c>, or <c>container</c> for any other.</summary>
    public required string Kind { get; init; }

    /// <summary>Values by key. A key is an area and a name, such as <c>setting/max_connections</c>; a secret's value is its digest.</summary>
    public required IReadOnlyDictionary<string, string> Items { get; init; }

    /// <summary>What is wrong with it right now by its own account, whatever it was before.</summary>
    public IReadOnlyList<ServiceCondition> Conditions { get; init; } = [];

    /// <summary>Why it could not be asked; null when it could.</summary>
    public string? Failure { get; init; }

    /// <summary>Areas that were read. What is not in <see cref="Items"/> is known to be absent only in these.</summary>
    public IReadOnlyList<string> Areas { get; init; } = [];

    public bool Knows(string key) => Areas.Contains(ConfigurationDifference.AreaOf(key), StringComparer.Ordinal);
}

/// <summary>Something that a service says is wrong with it at this moment.</summary>
/// <param name="Kind">One of <see cref="ConditionKinds"/>.</param>
/// <param name="Detail">What exactly, one sentence; foreign text.</param>
public sealed record ServiceCondition(string Kind, string Detail);

/// <summary>What services can say of themselves.</summary>
public static class ConditionKinds
{
    /// <summary>Sessions wait for locks that others hold.</summary>
    public const string SessionsBlocked = "sessions_blocked";

    /// <summary>No connection is left for clients.</summary>
    public const string SlotsUsedUp = "slots_used_up";

    /// <summary>A limit on memory or disk keeps it from accepting data.</summary>
    public const string ResourceAlarm = "resource_alarm";

    /// <summary>A queue has messages and nobody takes them.</summary>
    public const string NoConsumers = "no_consumers";

    /// <summary>A queue holds as much as it may.</summary>
    public const string QueueFull = "queue_full";

    /// <summary>It could not save its data.</summary>
    public const string SaveFailed = "save_failed";

    /// <summary>A process of it is stopped by a signal.</summary>
    public const string ProcessStopped = "process_stopped";

    /// <summary>A file system of its own is full.</summary>
    public const string DiskFull = "disk_full";

    /// <summary>Its configuration files are not valid.</summary>
    public const string ConfigInvalid = "config_invalid";

    /// <summary>It refuses the credentials that are declared for it.</summary>
    public const string AdminDenied = "admin_denied";

    public static IReadOnlyList<string> All { get; } =
        [SessionsBlocked, SlotsUsedUp, ResourceAlarm, NoConsumers, QueueFull, SaveFailed, ProcessStopped, DiskFull, ConfigInvalid, AdminDenied];
}

/// <summary>One value that is not what it was while the site was healthy. Null: it was not there, or is not there any more.</summary>
public sealed record ConfigurationDifference(string Service, string Key, string? Healthy, string? Actual)
{
    /// <summary>Begins a digest: what it stands for cannot be put back from it.</summary>
    public const string DigestMark = "digest:";

    private static readonly string[] FirstAreas = ["vhost", "user", "role", "extension", "table", "column", "exchange", "queue"];

    /// <summary>What the key is about: all before its first slash.</summary>
    public string Area => AreaOf(Key);

    /// <summary>What others need is put back before them: lower comes first.</summary>
    public int Precedence => Array.IndexOf(FirstAreas, Area) is var at && at < 0 ? FirstAreas.Length : at;

    public static string AreaOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is > 0 and var at ? key[..at] : key;
}

/// <summary>What was done to put a value back. RestartNeeded: it only takes effect when the service starts again.</summary>
public sealed record ConfigurationRestored(string Text, bool RestartNeeded = false);

/// <summary>Reads what services say of their configuration, and puts single values back. Everything it runs is a fixed, typed command.</summary>
public interface ISiteInspector
{
    /// <summary>Asks every service at once; one that does not answer in time has a failure.</summary>
    /// <param name="patience">For all that one service is asked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="only">The one service to ask; null: all.</param>
    Task<SiteConfiguration> CaptureAsync(TimeSpan patience, CancellationToken cancellationToken, string? only = null);

    /// <summary>Whether <see cref="RestoreAsync"/> knows a safe inverse.</summary>
    /// <param name="difference">The one to put back.</param>
    /// <param name="all">All differences of its service: some can only be understood together.</param>
    bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all);

    /// <summary>
    /// Puts one difference back to its healthy value through the service's admin interface; null when there is no safe
    /// inverse. Doing it again does nothing.
    /// </summary>
    /// <exception cref="PlatformException">The service refused.</exception>
    Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the sessions that block others, or, with no connection left, those of the client that holds most of them and
    /// does nothing with them. Answers what was done in one sentence; null when the service has no sessions to end.
    /// </summary>
    /// <exception cref="PlatformException">The service refused.</exception>
    Task<string?> EndSessionsAsync(string service, CancellationToken cancellationToken);
}
