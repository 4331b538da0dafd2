using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>Examples and data that come with the program.</summary>
internal static class ShippedFiles
{
    /// <param name="relative">From the installation's folder, such as <c>lab/shop/compose.yml</c>.</param>
    /// <exception cref="QuorateException">Missing, lab_missing: it is in no folder above the program.</exception>
    public static string Find(string relative)
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            var candidate = Path.Combine(at, relative);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw QuorateException.Missing("lab_missing", $"{relative} is in no folder above the program.", "run ./quorate from a clone of the repository, or name a file of your own");
    }
}
