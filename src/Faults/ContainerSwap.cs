using System.Text.Json;
using System.Text.Json.Nodes;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>
/// Replaces a container by one of the same configuration, but for one environment variable, through the engine itself:
/// the Compose program takes many times as long. What Compose sees is a container of its own making. Whenever it is
/// broken off, doing it again finishes it.
/// </summary>
internal static class ContainerSwap
{
    /// <summary>Of the new container's name while the old one is there.</summary>
    private const string Suffix = "_swap";
    private const int GraceSeconds = 1;

    /// <summary>Does it where the service is a container, and leaves the rest to the platform.</summary>
    /// <param name="context">What faults work with.</param>
    /// <param name="service">A service of the site.</param>
    /// <param name="variable">The variable to set, and its value; null: none.</param>
    /// <param name="effectKey">Idempotency key.</param>
    /// <param name="cancellationToken">Ends it halfway.</param>
    public static async Task RecreateAsync(FaultContext context, ServiceSpec service, (string Name, string Value)? variable, string effectKey, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(service.Name, cancellationToken);
        if (seen.ContainerId is { } container)
        {
            await SwapAsync(context.DockerSocket, container, variable, cancellationToken);
            return;
        }
        IReadOnlyDictionary<string, string> declared = context.Platform.Name == "process" && service.Process is { } process ? process.Environment : service.Environment;
        bool asDeclared = variable is not { } v || declared.GetValueOrDefault(v.Name) == v.Value;
        await context.Platform.RecreateAsync(service.Name,
            asDeclared ? null : new Dictionary<string, string>(declared) { [variable!.Value.Name] = variable.Value.Value }, effectKey, context.Time.GetUtcNow(), cancellationToken);
    }

    /// <summary>Removes what an exchange that was broken off at its beginning has left beside the container.</summary>
    public static async Task TidyAsync(FaultContext context, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (seen.ContainerId is { } container)
        {
            string name = (await DockerEngine.InspectAsync(context.DockerSocket, container, cancellationToken)).GetProperty("Name").GetString()!.TrimStart('/');
            await DockerEngine.RemoveAsync(context.DockerSocket, name + Suffix, cancellationToken);
        }
    }

    private static async Task SwapAsync(string socket, string container, (string Name, string Value)? variable, CancellationToken cancellationToken)
    {
        JsonNode old = JsonNode.Parse((await DockerEngine.InspectAsync(socket, container, cancellationToken)).GetRawText())!;
        string name = ((string)old["Name"]!).TrimStart('/');
        string proper = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
        string draft = name == proper ? proper + Suffix : proper;
        await DockerEngine.RemoveAsync(socket, draft, cancellationToken);
        string made = await DockerEngine.CreateAsync(socket, draft, Describe(old, container, variable), cancellationToken);
        await DockerEngine.StopAsync(socket, container, GraceSeconds, cancellationToken);
        await DockerEngine.RemoveAsync(socket, container, cancellationToken);
        if (draft != proper)
        {
            await DockerEngine.RenameAsync(socket, made, proper, cancellationToken);
        }
        await DockerEngine.StartAsync(socket, made, cancellationToken);
    }

    /// <summary>What inspect says, as create takes it.</summary>
    private static JsonObject Describe(JsonNode old, string container, (string Name, string Value)? variable)
    {
        JsonObject wanted = old["Config"]!.DeepClone().AsObject();
        if (variable is { } v)
        {
            wanted["Env"] = JsonSerializer.SerializeToNode(With([.. wanted["Env"]!.AsArray().Select(e => (string)e!)], v.Name, v.Value));
        }
        wanted["HostConfig"] = old["HostConfig"]!.DeepClone();
        KeepVolumes(old, wanted["HostConfig"]!.AsObject());
        var endpoints = new JsonObject();
        foreach ((string network, JsonNode? attached) in old["NetworkSettings"]!["Networks"]!.AsObject())
        {
            // The engine adds the short id by itself.
            string[] aliases = [.. (attached!["Aliases"] as JsonArray ?? []).Select(a => (string)a!).Where(a => !container.StartsWith(a, StringComparison.Ordinal))];
            endpoints[network] = new JsonObject { ["Aliases"] = JsonSerializer.SerializeToNode(aliases), ["IPAMConfig"] = attached["IPAMConfig"]?.DeepClone() };
        }
        wanted["NetworkingConfig"] = new JsonObject { ["EndpointsConfig"] = endpoints };
        return wanted;
    }

    /// <summary>The variable is set in its place, so that putting a value back leaves no trace.</summary>
    internal static string[] With(string[] entries, string name, string value)
    {
        bool Sets(string entry) => entry.StartsWith(name + "=", StringComparison.Ordinal);
        string set = $"{name}={value}";
        return entries.Any(Sets) ? [.. entries.Select(e => Sets(e) ? set : e)] : [.. entries, set];
    }

    /// <summary>A volume without a name of its own is told by the mounts only, and the new container would get an empty one.</summary>
    private static void KeepVolumes(JsonNode old, JsonObject host)
    {
        JsonArray mounts = host["Mounts"] as JsonArray ?? [];
        string[] bound = [.. (host["Binds"] as JsonArray ?? []).Select(b => ((string)b!).Split(':').ElementAtOrDefault(1) ?? ""), .. mounts.Select(m => (string?)m!["Target"] ?? "")];
        foreach (JsonNode mount in (old["Mounts"] as JsonArray ?? []).OfType<JsonNode>().Where(m => (string?)m["Type"] == "volume" && !bound.Contains((string?)m["Destination"])))
        {
            mounts.Add(new JsonObject { ["Type"] = "volume", ["Source"] = (string?)mount["Name"], ["Target"] = (string?)mount["Destination"] });
        }
        host["Mounts"] = mounts.Parent is null ? mounts : mounts.DeepClone();
    }
}
