using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>The home's own random key for digests of secrets; without it nobody can try out what a digest stands for.</summary>
internal static class DigestKey
{
    private const string Name = "digest.key";
    private const int Bytes = 32;

    /// <exception cref="QuorateException">Missing: the folder cannot be read or written, or the file is no key.</exception>
    public static byte[] ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(path))
            {
                var part = $"{path}.{Environment.ProcessId}.part";
                var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                using (var file = new FileStream(part, options))
                {
                    file.Write(RandomNumberGenerator.GetBytes(Bytes));
                }

                Publish(part, path);
            }

            return File.ReadAllBytes(path) is { Length: Bytes } key ? key
                : throw QuorateException.Missing("digest_key", $"{path} is no key of {Bytes} bytes", "remove it; a new one is made, and baselines have to be recorded again");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("digest_key", $"{path}: {error.Message}", "check the permissions of the home", error);
        }
    }

    /// <summary>Two processes may make one at once: the first one's counts.</summary>
    private static void Publish(string part, string path)
    {
        try
        {
            File.Move(part, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(part);
        }
    }
}
