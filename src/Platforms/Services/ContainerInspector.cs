using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Platforms.Services;

/// <summary>What the Engine and the kernel say of a container, whatever runs in it. Ids, addresses and times are left out: they differ after every start.</summary>
internal static class ContainerInspector
{
    private const int AnonymousVolume = 64;

    public static void Read(ContainerInspection container, ServiceSpec spec, Inspection inspection)
    {
        ReadDeclaration(container, inspection);
        ReadResources(container, inspection);
        inspection.Read("env");
        foreach (var (name, value) in ContainerView.Environment(container.Config.Env))
        {
            // Any of them may be a secret; that one changed is all that has to show.
            inspection.Add("env", name, inspection.Digest.Of(value));
        }

        inspection.Read("mount");
        foreach (var mount in container.Mounts ?? [])
        {
            var source = mount.Type == "volume" ? mount.Name is { Length: AnonymousVolume } ? "its own" : mount.Name : mount.Source;
            inspection.Add("mount", mount.Destination ?? "", $"{mount.Type} {source} {(mount.Writable ? "writable" : "read-only")}");
        }

        ReadNames(container, "dns", container.ResolvConfPath, null, inspection);
        ReadNames(container, "hosts", container.HostsPath, container.Config.Hostname, inspection);
        if (container is { Running: true, State.Pid: > 0 })
        {
            ReadProcess(container, inspection);
        }
    }

    /// <summary>Services that others call by name must not be known by another address.</summary>
    private static void ReadNames(ContainerInspection container, string area, string? path, string? ownName, Inspection inspection)
    {
        if (container.Running && path is { Length: > 0 } && ContainerProcesses.ReadText(path) is { } text)
        {
            inspection.Add(area, "lines", NetworkText.Lines(text, ownName));
        }
    }

    private static void ReadDeclaration(ContainerInspection container, Inspection inspection)
    {
        var host = container.HostConfig;
        void Add(string name, params IEnumerable<string?>? values) => inspection.Add("container", name, string.Join(' ', values ?? []));
        Add("image", container.Config.Image);
        Add("command", container.Config.Cmd);
        Add("entrypoint", container.Config.Entrypoint);
        Add("user", container.Config.User);
        Add("stop signal", container.Config.StopSignal);
        Add("privileged", host.Privileged ? "yes" : "no");
        Add("read-only root", host.ReadonlyRootfs ? "yes" : "no");
        Add("capabilities", [.. (host.CapAdd ?? []).Select(c => "+" + c), .. (host.CapDrop ?? []).Select(c => "-" + c)]);
        Add("name servers", [.. host.Dns ?? [], .. host.DnsSearch ?? []]);
        Add("extra hosts", host.ExtraHosts);
        Add("tmpfs", (host.Tmpfs ?? []).OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}:{t.Value}"));
        Add("networks", (container.NetworkSettings?.Networks?.Keys ?? Enumerable.Empty<string>()).Order(StringComparer.Ordinal));
    }

    private static void ReadResources(ContainerInspection container, Inspection inspection)
    {
        var host = container.HostConfig;
        void Add(string name, IFormattable? value) => inspection.Add("resource", name, value?.ToString(null, CultureInfo.InvariantCulture) ?? "none");
        Add("cpus", ContainerView.Cpus(host));
        Add("memory", host.Memory > 0 ? host.Memory : null);
        Add("cpu shares", host.CpuShares > 0 ? host.CpuShares : null);
        Add("processes", host.PidsLimit > 0 ? host.PidsLimit : null);
        inspection.Add("resource", "processors", host.CpusetCpus ?? "");
    }

    private static void ReadProcess(ContainerInspection container, Inspection inspection)
    {
        var (pid, id) = (container.State.Pid, container.Id);
        if (ContainerProcesses.Group(pid, id, "cpu") is { } cpu)
        {
            // Someone may have written there past the Engine.
            inspection.Add("group", "cpu", (ContainerProcesses.ReadText(cpu + "/cpu.cfs_quota_us") ?? ContainerProcesses.ReadText(cpu + "/cpu.max") ?? "").Trim());
        }

        if (ContainerProcesses.Group(pid, id, "memory") is { } memory)
        {
            inspection.Add("group", "memory", (ContainerProcesses.ReadText(memory + "/memory.limit_in_bytes") ?? ContainerProcesses.ReadText(memory + "/memory.max") ?? "").Trim());
        }

        var files = (ContainerProcesses.ReadText($"/proc/{pid}/limits") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        if (files is not null)
        {
            inspection.Add("group", "open files", string.Join(' ', files["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2)));
        }

        var stopped = ContainerProcesses.Stopped(pid, id);
        if (stopped.Count > 0)
        {
            inspection.Add(new ServiceCondition(ConditionKinds.ProcessStopped, string.Create(CultureInfo.InvariantCulture, $"{stopped.Count} of its processes are stopped by a signal")));
        }

        FullFileSystems.Read(pid, inspection);
    }
}
