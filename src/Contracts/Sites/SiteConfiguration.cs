namespace Quorate.Contracts.Sites;

/// <summary>What a site's services say of themselves through their own admin interfaces, at one moment.</summary>
public sealed record SiteConfiguration
{
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>One for each declared service, in the file's order.</summary>
    public required IReadOnlyList<ServiceConfiguration> Services { get; init; }

    public ServiceConfiguration? Find(string service) => Services.FirstOrDefault(s => s.Service == service);

    /// <summary>What differs from how it was, service by service and key by key. A service that could not be asked, then or now, differs in nothing.</summary>
    public IReadOnlyList<ConfigurationDifference> DifferencesFrom(SiteConfiguration healthy) =>
    [
        .. from now in Services
           let before = healthy.Find(now.Service)
           where before is { Failure: null } && now.Failure is null
           from key in before.Items.Keys.Union(now.Items.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
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

    /// <summary>Why it could not be asked; null when it could.</summary>
    public string? Failure { get; init; }
}

/// <summary>One value that is not what it was while the site was healthy. Null: it was not there, or is not there any more.</summary>
public sealed record ConfigurationDifference(string Service, string Key, string? Healthy, string? Actual);

/// <summary>Reads what services say of their configuration, and puts single values back. Everything it runs is a fixed, typed command.</summary>
public interface ISiteInspector
{
    /// <summary>Asks every service; one that does not answer has a failure and no items.</summary>
    Task<SiteConfiguration> CaptureAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Puts one difference back to its healthy value through the service's admin interface. Answers what was done in one
    /// sentence; null when there is no safe inverse. Doing it again does nothing.
    /// </summary>
    /// <exception cref="PlatformException">The service refused.</exception>
    Task<string?> RestoreAsync(ConfigurationDifference difference, CancellationToken cancellationToken);
}
