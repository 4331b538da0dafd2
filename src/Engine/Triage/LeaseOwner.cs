using System.Diagnostics;
using System.Globalization;
using Quorate.Contracts;

namespace Quorate.Engine.Triage;

/// <summary>Names a lease's holder as <c>host:pid:starttime:random</c>, so that a dead one of this host is known at once.</summary>
public static class LeaseOwner
{
    private const int Fields = 4;

    // Seconds. The kernel counts the start in ticks since boot, and each reader estimates the boot time anew.
    private const int StartTolerance = 2;

    public static string Create(IIdSource ids)
    {
        using var self = Process.GetCurrentProcess();
        return string.Join(':', Environment.MachineName, Text(self.Id), Text(StartOf(self)), ids.Next("own"));
    }

    /// <summary>True only when it is certain: the owner is a process of this host that is gone, or its pid is another process now.</summary>
    public static bool IsDead(string owner)
    {
        var fields = owner.Split(':');
        if (fields.Length != Fields || fields[0] != Environment.MachineName || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(pid);
            return !long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var start) || Math.Abs(StartOf(process) - start) > StartTolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // It exists and belongs to somebody else; whose it is cannot be told.
            return false;
        }
    }

    private static long StartOf(Process process) => new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeSeconds();

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
